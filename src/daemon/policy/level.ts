import { MEMORY_LEVELS } from "../../lib/protocol/memory-levels.ts";
import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";

/** Shares of the limit at which each level begins; they rise strictly. */
export interface Thresholds {
  readonly warning: number;
  readonly high: number;
  readonly critical: number;
  readonly emergency: number;
}

export interface Pressure {
  /** Percent of the last 10 s in which some tasks waited for memory. */
  readonly some10: number;
}

/** One reading of how full memory is. */
export interface UsageReading {
  readonly atMs: number;
  /** Used over limit, 0 to 1 and beyond. */
  readonly usage: number;
  readonly pressure: Pressure | null;
}

/** What the pressure figure did so far. */
interface Stalls {
  readonly some10: number;
  /** When it was last seen to rise; null where it has fallen since. */
  readonly roseAtMs: number | null;
}

/** Where the ladder stands, and what it has seen of a higher level. */
export interface LevelState {
  readonly level: MemoryLevel;
  /** Since when every reading reached a level above `level`; one that the last reading did not reach is missing. */
  readonly reachedAtMs: Readonly<Partial<Record<MemoryLevel, number>>>;
  readonly stalls: Stalls;
}

export const CALM: LevelState = { level: "normal", reachedAtMs: {}, stalls: { some10: 0, roseAtMs: null } };

/** A level is left this far below where it begins, so that a reading on the border does not go to and fro. */
const HYSTERESIS = 0.05;
/** Readings that reach a level for this long make it the one: two of them, 2 s apart. Emergency is at once. */
const ENTRY_MS = 2000;
/** Stalls worth a step, percent: the machine is thrashing although the figure is still below the threshold. */
const HIGH_PRESSURE = 20;
/** The kernel works its averages out every 2 s: up to here, the same figure again says nothing about which way it goes. */
const RISING_MS = 3000;

export function rankOf(level: MemoryLevel): number {
  return MEMORY_LEVELS.indexOf(level);
}

/** The level that a usage stands for by itself. */
export function levelOf(usage: number, thresholds: Thresholds): MemoryLevel {
  if (usage >= thresholds.emergency) return "emergency";
  if (usage >= thresholds.critical) return "critical";
  if (usage >= thresholds.high) return "high";
  return usage >= thresholds.warning ? "warning" : "normal";
}

/** Where `level` begins; 0 for normal. */
export function thresholdOf(level: MemoryLevel, thresholds: Thresholds): number {
  return level === "normal" ? 0 : thresholds[level];
}

/** The next state of the ladder. A constant reading settles and stays. */
export function stepLevel(state: LevelState, reading: UsageReading, thresholds: Thresholds): LevelState {
  const { atMs, usage } = reading;
  const stalls = stallsAfter(state.stalls, reading);
  const plain = levelOf(usage, thresholds);
  const target = liftedBy(stalls, plain, atMs);
  const reachedAtMs = reachedAfter(state, target, atMs);
  // Stalls count when they are seen to rise for the second time: a figure that only stays high lifts nothing.
  const highest = rankOf(stalls.roseAtMs === atMs ? target : plain);
  const due = (level: MemoryLevel): boolean =>
    level === "emergency" || atMs - (reachedAtMs[level] ?? Infinity) >= ENTRY_MS;
  const entered = MEMORY_LEVELS.findLast((level) => level in reachedAtMs && rankOf(level) <= highest && due(level));
  if (entered === undefined) return { level: leftFor(state.level, usage, thresholds), reachedAtMs, stalls };
  return { level: entered, reachedAtMs: reachedAfter({ level: entered, reachedAtMs }, target, atMs), stalls };
}

/**
 * Rising stalls move the verdict one step sooner, up to critical: emergency goes by memory alone. Below warning they lift
 * nothing: whoever writes and reads large files makes others stall too, and page cache is no pressure.
 */
function liftedBy({ some10, roseAtMs }: Stalls, plain: MemoryLevel, atMs: number): MemoryLevel {
  const rising = some10 >= HIGH_PRESSURE && roseAtMs !== null && atMs - roseAtMs <= RISING_MS;
  if (!rising || plain === "normal" || rankOf(plain) >= rankOf("critical")) return plain;
  return MEMORY_LEVELS[rankOf(plain) + 1] ?? plain;
}

function stallsAfter(before: Stalls, { atMs, pressure }: UsageReading): Stalls {
  const some10 = pressure?.some10 ?? 0;
  if (some10 > before.some10) return { some10, roseAtMs: atMs };
  return { some10, roseAtMs: some10 < before.some10 ? null : before.roseAtMs };
}

/** The levels above the present one up to `target`, each with when the readings that reached it began. */
function reachedAfter(
  { level, reachedAtMs }: Pick<LevelState, "level" | "reachedAtMs">,
  target: MemoryLevel,
  atMs: number,
): LevelState["reachedAtMs"] {
  const reached = MEMORY_LEVELS.slice(rankOf(level) + 1, rankOf(target) + 1);
  return Object.fromEntries(reached.map((each) => [each, reachedAtMs[each] ?? atMs]));
}

/** The level to fall to: each one below is left 5 points lower, too. */
function leftFor(level: MemoryLevel, usage: number, thresholds: Thresholds): MemoryLevel {
  const isLeft = usage < thresholdOf(level, thresholds) - HYSTERESIS;
  return isLeft ? levelOf(usage + HYSTERESIS, thresholds) : level;
}
