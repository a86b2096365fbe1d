import { readFileSync } from "node:fs";
import { isToken } from "../client/remote-place.ts";
import { CombotError } from "../errors.ts";
import { perUserRateOf } from "../per-user-rate.ts";
import { namedFileFailure } from "../system-errors.ts";
import { ABORT_NAMES } from "./abort-watch.ts";
import type { Address } from "./load/address.ts";
import type { Arrivals, RatePiece } from "./load/arrivals.ts";
import { OPEN_CONNECTIONS } from "./load/order.ts";
import type { OpenLoad } from "./load/order.ts";
import { HIGHEST_RATE, rateOf, secondsOf } from "./plan-values.ts";
import type { PerfPlan, SearchPlan } from "./plan.ts";
import { parseStages } from "./stages.ts";
import { bundledTexts, textsOf } from "./texts.ts";
import type { TextSet } from "./texts.ts";
import { parseTarget } from "./verdict/targets.ts";

/** What the command line says. */
export interface PlanInput {
  readonly socketPath: string;
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly concurrency: number;
  readonly duration: string | undefined;
  readonly warmUp: string;
  readonly requests: number | undefined;
  readonly rate: string | undefined;
  readonly stages: string | undefined;
  readonly arrivals: Arrivals;
  readonly connections: number | undefined;
  readonly users: number | undefined;
  readonly texts: string | undefined;
  readonly unique: boolean | undefined;
  readonly model: string | undefined;
  readonly timeout: number;
  readonly lifecycle: boolean;
  readonly target: readonly string[];
  readonly abortOn: readonly string[];
  readonly asLive: boolean;
  readonly findMax: boolean;
  readonly perUser: string;
  readonly repeat: number;
  readonly seed: number;
}

/** What the journal remembers. */
export interface Replayed {
  readonly profile: readonly RatePiece[];
  readonly texts: TextSet;
  /** Which minutes, in words. */
  readonly words: string;
}

const USUAL_SECONDS = "30s";
/** Three windows, each of them long enough to have a p99. */
const STEP_SECONDS = "9s";
const LEAST_STEP_SECONDS = 3;
const START_PER_SECOND = 10;
/** A run of so many requests ends when they are done, but not never. */
const COUNTED_RUN_SECONDS = 3600;

/** @throws {CombotError} `USAGE` naming the flag that can't be followed. */
export function planFrom(input: PlanInput, replayed: Replayed | null = null): PerfPlan {
  const { socketPath, url, tokenFile, concurrency, requests, lifecycle, seed } = input;
  if (url === undefined && tokenFile !== undefined)
    throw new CombotError("USAGE", "--token-file goes with --url or COMBOT_URL: the socket takes no token.");
  const profile = replayed && !input.findMax ? replayed.profile : stagesOf(input);
  const open = openLoad(input, profile);
  if (open === null && input.connections !== undefined)
    throw new CombotError("USAGE", "--connections goes with --rate: a closed loop has --concurrency of them.");
  return {
    address: url === undefined ? { path: socketPath } : addressOf(url),
    headers: tokenFile === undefined ? "" : `authorization: Bearer ${tokenIn(tokenFile)}\r\n`,
    asLive: input.asLive,
    mark: null,
    concurrency,
    open,
    users: input.users ?? concurrency,
    texts: replayed?.texts ?? (input.texts === undefined ? bundledTexts() : textsOf(input.texts)),
    // Out of a cache that fills while it is searched, no two runs would find the same.
    isUnique: input.unique ?? (input.findMax && input.texts === undefined && replayed === null),
    model: input.model ?? null,
    warmUpSeconds: profile ? 0 : secondsOf("--warm-up", input.warmUp, 0),
    seconds: profile ? lengthOf(profile) : secondsFrom(input),
    requests: requests ?? null,
    timeoutSeconds: input.timeout,
    lifecycle,
    targets: input.target.map((text) => parseTarget(text)),
    abortOn: input.abortOn.map((text) => parseTarget(text, "--abort-on", ABORT_NAMES)),
    search: input.findMax ? searchPlan(input) : null,
    stages: profile ? (replayed?.words ?? input.stages ?? null) : null,
    seed,
  };
}

function secondsFrom({ requests, duration, findMax }: PlanInput): number {
  if (requests !== undefined) return COUNTED_RUN_SECONDS;
  if (findMax) return secondsOf("--duration", duration ?? STEP_SECONDS, LEAST_STEP_SECONDS);
  return secondsOf("--duration", duration ?? USUAL_SECONDS, 1);
}

function searchPlan(input: PlanInput): SearchPlan {
  return {
    perUserPerMinute: perUserRateOf(input.perUser, 60),
    stepSeconds: secondsFrom(input),
    repeats: input.repeat,
    startPerSecond: input.rate === undefined ? START_PER_SECOND : rateOf(input.rate),
    mostPerSecond: HIGHEST_RATE,
  };
}

function stagesOf({ stages, findMax }: PlanInput): readonly RatePiece[] | null {
  if (stages === undefined || findMax) return null;
  return parseStages(stages);
}

function lengthOf(profile: readonly RatePiece[]): number {
  return profile.reduce((sum, { seconds }) => sum + seconds, 0);
}

function openLoad(
  { rate, arrivals, connections = OPEN_CONNECTIONS, findMax }: PlanInput,
  profile: readonly RatePiece[] | null,
): OpenLoad | null {
  if (profile) {
    const highest = Math.max(...profile.flatMap(({ fromPerSecond, toPerSecond }) => [fromPerSecond, toPerSecond]));
    return { ratePerSecond: highest, arrivals, connections, profile };
  }
  if (findMax) return { ratePerSecond: START_PER_SECOND, arrivals, connections };
  return rate === undefined ? null : { ratePerSecond: rateOf(rate), arrivals, connections };
}

function addressOf(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.username !== "")
    throw new CombotError(
      "USAGE",
      "--url or COMBOT_URL: give http://HOST:PORT, the daemon's COMBOT_LISTEN; a load is sent without TLS.",
    );
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  return { host, port: Number(url.port || 80) };
}

/** The token itself is told nowhere. */
function tokenIn(path: string): string {
  try {
    const token = readFileSync(path, "utf8").trim();
    if (isToken(token)) return token;
  } catch (thrown) {
    throw namedFileFailure(`--token-file ${path}`, thrown);
  }
  throw new CombotError("USAGE", `--token-file ${path}: there is no token in it.`);
}
