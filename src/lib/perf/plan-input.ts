import { readFileSync } from "node:fs";
import { CombotError } from "../errors.ts";
import type { Address } from "./load/address.ts";
import type { Arrivals } from "./load/arrivals.ts";
import { OPEN_CONNECTIONS } from "./load/order.ts";
import type { OpenLoad } from "./load/order.ts";
import type { PerfPlan } from "./plan.ts";
import { bundledTexts, textsOf } from "./texts.ts";
import { parseTarget } from "./verdict/targets.ts";
import { namedFileFailure } from "../system-errors.ts";

/** What the command line says. */
export interface PlanInput {
  readonly socketPath: string;
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly concurrency: number;
  readonly duration: string;
  readonly warmUp: string;
  readonly requests: number | undefined;
  readonly rate: string | undefined;
  readonly arrivals: Arrivals;
  readonly connections: number | undefined;
  readonly users: number | undefined;
  readonly texts: string | undefined;
  readonly unique: boolean;
  readonly model: string | undefined;
  readonly timeout: number;
  readonly lifecycle: boolean;
  readonly target: readonly string[];
  readonly seed: number;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };
const LONGEST_SECONDS = 86_400;
const HIGHEST_RATE = 100_000;
/** A run of so many requests ends when they are done, but not never. */
const COUNTED_RUN_SECONDS = 3600;

/** @throws {CombotError} `USAGE` naming the flag that can't be followed. */
export function planFrom(input: PlanInput): PerfPlan {
  const { socketPath, url, tokenFile, concurrency, requests, rate, connections, lifecycle, seed } = input;
  if (url === undefined && tokenFile !== undefined)
    throw new CombotError("USAGE", "--token-file goes with --url: the socket takes no token.");
  if (rate === undefined && connections !== undefined)
    throw new CombotError("USAGE", "--connections goes with --rate: a closed loop has --concurrency of them.");
  return {
    address: url === undefined ? { path: socketPath } : addressOf(url),
    headers: tokenFile === undefined ? "" : `authorization: Bearer ${tokenIn(tokenFile)}\r\n`,
    concurrency,
    open: rate === undefined ? null : openLoad(rate, input),
    users: input.users ?? concurrency,
    texts: input.texts === undefined ? bundledTexts() : textsOf(input.texts),
    isUnique: input.unique,
    model: input.model ?? null,
    warmUpSeconds: secondsOf("--warm-up", input.warmUp, 0),
    seconds: requests === undefined ? secondsOf("--duration", input.duration, 1) : COUNTED_RUN_SECONDS,
    requests: requests ?? null,
    timeoutSeconds: input.timeout,
    lifecycle,
    targets: input.target.map(parseTarget),
    seed,
  };
}

function secondsOf(flag: string, text: string, least: number): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  const seconds = Number(digits ?? NaN) * (UNIT_SECONDS[unit] ?? NaN);
  if (seconds >= least && seconds <= LONGEST_SECONDS) return seconds;
  throw new CombotError("USAGE", `${flag} ${text}: give a time from ${least}s to 24h, as 30s or 2m.`);
}

function openLoad(rate: string, { arrivals, connections = OPEN_CONNECTIONS }: PlanInput): OpenLoad {
  return { ratePerSecond: rateOf(rate), arrivals, connections };
}

function rateOf(text: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= HIGHEST_RATE) return rate;
  throw new CombotError("USAGE", `--rate ${text}: give requests a second, above 0 and up to ${HIGHEST_RATE}.`);
}

function addressOf(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.username !== "")
    throw new CombotError("USAGE", `--url: give http://HOST:PORT, the daemon's COMBOT_LISTEN.`);
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  return { host, port: Number(url.port || 80) };
}

/** The token itself is told nowhere. */
function tokenIn(path: string): string {
  try {
    const token = readFileSync(path, "utf8").trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (thrown) {
    throw namedFileFailure(`--token-file ${path}`, thrown);
  }
  throw new CombotError("USAGE", `--token-file ${path}: there is no token in it.`);
}
