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

/** Where the ladder stands, and what it has seen of a higher level. */
export interface LevelState {
  readonly level: MemoryLevel;
  /** Since when every reading was above `level`; null where the last one was not. */
  readonly aboveSinceMs: number | null;
  readonly some10: number;
}

export const CALM: LevelState = { level: "normal", aboveSinceMs: null, some10: 0 };

/** A level is left this far below where it begins, so that a reading on the border does not go to and fro. */
const HYSTERESIS = 0.05;
/** Readings above the level for this long make it the next one: two of them, 2 s apart. Emergency is at once. */
const ENTRY_MS = 2000;
/** Stalls worth a step, percent: the machine is thrashing although the figure is still below the threshold. */
const HIGH_PRESSURE = 20;

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
  const some10 = reading.pressure?.some10 ?? 0;
  const target = targetOf(state, reading, thresholds);
  const above = rankOf(target) > rankOf(state.level);
  if (above) {
    const aboveSinceMs = state.aboveSinceMs ?? reading.atMs;
    const due = target === "emergency" || reading.atMs - aboveSinceMs >= ENTRY_MS;
    return due ? { level: target, aboveSinceMs: null, some10 } : { level: state.level, aboveSinceMs, some10 };
  }
  const left = reading.usage < thresholdOf(state.level, thresholds) - HYSTERESIS;
  const level = left ? levelOf(reading.usage + HYSTERESIS, thresholds) : state.level;
  return { level: rankOf(level) < rankOf(state.level) ? level : state.level, aboveSinceMs: null, some10 };
}

/** Rising stalls move the verdict one step sooner, up to critical: emergency goes by memory alone. */
function targetOf(state: LevelState, { usage, pressure }: UsageReading, thresholds: Thresholds): MemoryLevel {
  const plain = levelOf(usage, thresholds);
  const stalls = pressure !== null && pressure.some10 >= HIGH_PRESSURE && pressure.some10 > state.some10;
  if (!stalls || plain === "normal" || rankOf(plain) >= rankOf("critical")) return plain;
  return MEMORY_LEVELS[rankOf(plain) + 1] ?? plain;
}
