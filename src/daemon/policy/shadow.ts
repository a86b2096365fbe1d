import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";

/** What a text that nobody waits for must not be in the way of. */
export interface LiveTraffic {
  readonly level: MemoryLevel;
  /** Texts of all models that wait for a worker. */
  readonly waiting: number;
  /** Workers of all models that run a batch. */
  readonly running: number;
  /** Batches that may run at a time. */
  readonly cores: number;
}

/** Why a candidate may not compute just now; undefined where nobody would be later for it. */
export function inTheWay({ level, waiting, running, cores }: LiveTraffic): "level" | "busy" | undefined {
  if (level !== "normal") return "level";
  return waiting > 0 || running >= cores ? "busy" : undefined;
}

/** After it made room a candidate stays away for so many times as long as its load took: loading is a tenth at most. */
const REST_FACTOR = 10;

/** @param endedAtMs when it made room last; null where it never did. */
export function mayReturn(endedAtMs: number | null, loadTookMs: number, atMs: number): boolean {
  return endedAtMs === null || atMs - endedAtMs >= REST_FACTOR * loadTookMs;
}
