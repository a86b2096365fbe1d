import type { HistoryPoint } from "../protocol/history.ts";
import type { PlanMachine, PlanPolicy, PlanTargets, PlanTraffic, PlanVariant } from "../protocol/plan.ts";
import type { Environment } from "../config/layers.ts";
import { loadSettings } from "../config/load.ts";
import type { Machine } from "../config/profiles.ts";
import { PROFILES } from "../config/profiles.ts";
import { SETTING_NAMES } from "../config/schema.ts";
import type { SettingName } from "../config/schema.ts";
import type { Settings } from "../config/settings.ts";
import { CombotError } from "../errors.ts";
import { HERE, nextMachine } from "./machines.ts";
import type { MachineSize } from "./machines.ts";

type Overrides = Readonly<Partial<Record<SettingName, string>>>;

/** `MAX_USERS_PER_PROCESS=200,WORKERS=1`. @throws {CombotError} `USAGE` naming what is no setting. */
export function overridesOf(text: string): Overrides {
  const pairs = text.split(",").map((pair) => {
    const [, name = "", value = ""] = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(pair) ?? [];
    if ((SETTING_NAMES as readonly string[]).includes(name)) return [name, value.trim()];
    throw new CombotError("USAGE", `--what-if ${text}: give SETTING=VALUE,…; ${name || pair} is no setting.`);
  });
  return Object.fromEntries(pairs) as Overrides;
}

/** Where a day goes up and down: a tenth of the busiest at four in the morning, all of it at four in the afternoon. */
const QUIETEST_SHARE = 0.1;
const QUIETEST_HOUR = 4;
const MINUTES_A_DAY = 1440;

/** @param perSecond at the busiest. */
export function dailyMinutes(perSecond: number): number[] {
  return Array.from({ length: MINUTES_A_DAY }, (_, minute) => {
    const angle = (2 * Math.PI * (minute / 60 - QUIETEST_HOUR)) / 24;
    return rounded(perSecond * (QUIETEST_SHARE + ((1 - QUIETEST_SHARE) * (1 - Math.cos(angle))) / 2));
  });
}

/**
 * A day as the journal has it, minute by minute.
 *
 * @param perSecond what its busiest minute is to be; left out: what it was.
 * @throws {CombotError} `USAGE` where there was none.
 */
export function replayedMinutes(
  points: readonly Pick<HistoryPoint, "at" | "requests">[],
  stepSeconds: number,
  perSecond: number | undefined,
): number[] {
  const asked = points.map(({ requests }) => requests / stepSeconds);
  const most = Math.max(0, ...asked);
  if (most === 0) throw new CombotError("USAGE", "--replay: the journal has no requests of the last 24 hours.");
  const scale = perSecond === undefined ? 1 : perSecond / most;
  const byMinute = new Map(points.map(({ at, requests }) => [minuteOf(at), rounded((requests / stepSeconds) * scale)]));
  const steps = Math.max(1, Math.round(stepSeconds / 60));
  return Array.from({ length: MINUTES_A_DAY }, (_, minute) => {
    for (let back = 0; back < steps; back++) {
      const found = byMinute.get((minute - back + MINUTES_A_DAY) % MINUTES_A_DAY);
      if (found !== undefined) return found;
    }
    return 0;
  });
}

/** A day of them goes on one command line. */
function rounded(perSecond: number): number {
  return Math.round(perSecond * 1e4) / 1e4;
}

/** Of its day. */
function minuteOf(at: string): number {
  const date = new Date(at);
  return date.getHours() * 60 + date.getMinutes();
}

export interface MachineAsked {
  readonly speed: number;
  readonly unlimited: boolean;
  readonly besideBytes: number;
  readonly besideMs: number;
}

export interface VariantsAsked extends MachineAsked {
  readonly machine: MachineSize;
  readonly whatIf: readonly string[];
  readonly env: Environment;
  readonly envFile: string | undefined;
}

/** The machine with its settings, what it is to be compared with, twice its workers, and the next machine. */
export function variantsOf(asked: VariantsAsked): PlanVariant[] {
  const { machine, whatIf } = asked;
  const base = variant(machine.name, machine, {}, asked);
  const next = nextMachine(machine);
  const twice = String(base.policy.workers * 2);
  return [
    base,
    ...whatIf.map((text) => variant(text.replaceAll(",", " "), machine, overridesOf(text), asked)),
    variant(`WORKERS=${twice}`, machine, { WORKERS: twice }, asked),
    ...(next ? [variant(next.name, next, {}, asked)] : []),
  ];
}

function variant(name: string, machine: MachineSize, overrides: Overrides, asked: VariantsAsked): PlanVariant {
  const { env, envFile, speed, unlimited, besideBytes, besideMs } = asked;
  const found: Machine = { cores: machine.cores, memoryBytes: machine.memoryBytes };
  const flags = { ...profileFor(machine), ...overrides };
  // A plan keeps no state: a user without a home folder has settings all the same.
  const { settings } = loadSettings({ flags, env, envFile, machine: found, isCheckOnly: true, homeDir: "/" });
  const own: PlanMachine = { ...machine, speed, unlimited, besideBytes, besideMs };
  return { name, machine: own, policy: policyOf(settings) };
}

/** Of a machine that is named, what its own profile says; this one is as its settings say. */
function profileFor({ name }: MachineSize): Overrides {
  if (name === HERE) return {};
  return { COMBOT_PROFILE: (PROFILES as readonly string[]).includes(name) ? name : "auto" };
}

function policyOf(settings: Settings): PlanPolicy {
  const { memory, redis } = settings;
  return {
    workers: settings.workers,
    maxUsersPerProcess: settings.maxUsersPerProcess,
    maxRequests: settings.maxRequests,
    maxRequestsJitter: settings.maxRequestsJitter,
    recycleIntervalMs: settings.recycleIntervalMs,
    requestTimeoutMs: settings.requestTimeoutMs,
    queueMaxTexts: settings.queueMaxTexts,
    preload: settings.preload,
    modelIdleUnloadMs: settings.modelIdleUnloadMs,
    memory,
    memoryLimitBytes: settings.memoryLimitBytes,
    cacheTtlMs: settings.cacheTtlMs,
    maxCacheEntries: settings.maxCacheEntries,
    isRedisOn: redis.kind !== "off",
  };
}

export interface TrafficAsked {
  readonly users: number;
  readonly perUserPerSecond: number;
  readonly isDaily: boolean;
  readonly unique: boolean;
}

export function trafficOf({ users, perUserPerSecond, isDaily, unique }: TrafficAsked): PlanTraffic {
  const perSecond = users * perUserPerSecond;
  return { minutes: isDaily ? dailyMinutes(perSecond) : [perSecond], users, unique };
}

/** @param changes as `parseTarget` reads them. @throws {CombotError} `USAGE` */
export function targetsOf(changes: readonly (readonly [string, number | undefined])[]): PlanTargets {
  const targets = { p99Ms: 2000, failed: 0.01 };
  for (const [name, limit = Infinity] of changes) {
    if (name === "p99") targets.p99Ms = limit;
    else if (name === "errors") targets.failed = limit;
    else throw new CombotError("USAGE", `--target ${name}: a plan is held against p99 and errors alone.`);
  }
  return targets;
}
