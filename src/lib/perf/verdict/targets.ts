import { CombotError } from "../../errors.ts";
import type { FigureUnit, TargetVerdict } from "../../protocol/perf.ts";
import { GIB, parseBytes } from "../../units.ts";

interface TargetKind {
  readonly what: string;
  readonly unit: FigureUnit;
  readonly bound: TargetVerdict["bound"];
}

/** What can be held against a target, by the name that --target takes. */
export const TARGET_KINDS = {
  p50: { what: "latency p50", unit: "ms", bound: "below" },
  p90: { what: "latency p90", unit: "ms", bound: "below" },
  p99: { what: "latency p99", unit: "ms", bound: "below" },
  p999: { what: "latency p99.9", unit: "ms", bound: "below" },
  max: { what: "longest latency", unit: "ms", bound: "below" },
  rate: { what: "requests a second", unit: "perSecond", bound: "atLeast" },
  memory: { what: "memory used, peak", unit: "bytes", bound: "below" },
  "memory-usage": { what: "memory used of the limit, peak", unit: "share", bound: "below" },
  cpu: { what: "CPU of the machine", unit: "share", bound: "below" },
  "hit-rate": { what: "cache hit rate", unit: "share", bound: "atLeast" },
  errors: { what: "failed requests", unit: "share", bound: "below" },
  cleanup: { what: "cleanup", unit: "ms", bound: "below" },
  recycle: { what: "recycling a worker", unit: "ms", bound: "below" },
  unload: { what: "unloading the model", unit: "ms", bound: "below" },
  load: { what: "loading the model", unit: "ms", bound: "below" },
} as const satisfies Record<string, TargetKind>;

export type TargetName = keyof typeof TARGET_KINDS;
export type Targets = ReadonlyMap<TargetName, number>;

/** What an operator of a t3.large was promised; a t3.xlarge has twice the memory. */
const DEFAULTS: readonly (readonly [TargetName, number])[] = [
  ["p99", 2000],
  ["rate", 10],
  ["memory", 6 * GIB],
  ["memory-usage", 0.75],
  ["cpu", 0.8],
  ["hit-rate", 0.8],
  ["errors", 0.01],
  ["cleanup", 5000],
  ["recycle", 10_000],
  ["load", 30_000],
];
const XLARGE_MEMORY = 12 * GIB;

/** @param settings of the daemon; null where they are not known. */
export function defaultTargets(settings: Readonly<Record<string, string>> | null): Targets {
  const targets = new Map(DEFAULTS);
  if (settings?.["COMBOT_PROFILE"] === "t3.xlarge") targets.set("memory", XLARGE_MEMORY);
  return targets;
}

export function changedTargets(targets: Targets, changes: readonly TargetChange[]): Targets {
  const all = new Map<TargetName, number>(targets);
  for (const [name, limit] of changes) {
    if (limit === undefined) all.delete(name);
    else all.set(name, limit);
  }
  return all;
}

const ALL_NAMES = Object.keys(TARGET_KINDS);

/** Undefined takes a target away. */
export type TargetChange = readonly [TargetName, number | undefined];

/**
 * Reads `p99=500ms`, `memory=4G`, `hit-rate=90%`, `rate=50`, `cpu=off`.
 *
 * @throws {CombotError} `USAGE` with what is allowed.
 */
export function parseTarget(text: string, flag = "--target", names: readonly string[] = ALL_NAMES): TargetChange {
  const [, name = "", value = ""] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
  if (!names.includes(name))
    throw new CombotError("USAGE", `${flag} ${text}: give NAME=VALUE, where NAME is one of ${names.join(", ")}.`);
  const { unit } = TARGET_KINDS[name as TargetName];
  if (value === "off") return [name as TargetName, undefined];
  const limit = READERS[unit](value);
  if (limit === undefined || !Number.isFinite(limit) || limit < 0)
    throw new CombotError("USAGE", `${flag} ${text}: ${EXPECTED[unit]}, or off.`);
  return [name as TargetName, limit];
}

const READERS: Readonly<Record<FigureUnit, (value: string) => number | undefined>> = {
  ms: (value) => scaled(value, { ms: 1, s: 1000, "": 1 }),
  share: (value) => scaled(value, { "%": 0.01, "": 1 }),
  perSecond: (value) => scaled(value, { "/s": 1, "": 1 }),
  bytes: parseBytes,
};

const EXPECTED: Readonly<Record<FigureUnit, string>> = {
  ms: "give a time, as 500ms or 2s",
  share: "give a share, as 90% or 0.9",
  perSecond: "give requests a second, as 50",
  bytes: "give bytes, as 512M or 6G",
};

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(\D*)$/.exec(text) ?? [];
  const scale = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === undefined || scale === undefined ? undefined : Number(digits) * scale;
}

/** A figure that a target is held against; null with the reason where it was not measured. */
export interface Measured {
  readonly value: number | null;
  readonly detail?: string;
  /** It was tried, and did not work. */
  readonly isBroken?: boolean;
}

export function judgeTargets(targets: Targets, measured: Readonly<Record<TargetName, Measured>>): TargetVerdict[] {
  return [...targets].map(([name, limit]) => {
    const { what, unit, bound } = TARGET_KINDS[name];
    const { value, detail = null, isBroken = false } = measured[name];
    const isMet = value === null ? null : bound === "below" ? value < limit : value >= limit;
    return { name, what, unit, bound, limit, measured: value, pass: isBroken ? false : isMet, detail };
  });
}
