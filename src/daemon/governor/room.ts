import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";
import { rankOf } from "../policy/level.ts";
import type { Thresholds } from "../policy/level.ts";
import type { Footprint, Wanted } from "./footprint.ts";
import type { Sample } from "./ports.ts";

export interface Held {
  readonly sample: Sample;
  readonly level: MemoryLevel;
  readonly thresholds: Thresholds;
}

/** Why so many workers may not be started beside what the reading shows. */
export function refusalOf(workers: number, demand: Wanted, { sample, level, thresholds }: Held): string | undefined {
  const { footprint, serving, promisedBytes, loading = workers, alone } = demand;
  if (serving && rankOf(level) >= rankOf("high")) return `memory is at ${level}, and another worker serves`;
  const taken = withMore(sample, promisedBytes);
  const wanted = { workers, mapped: serving, loading };
  const { fits, detail } = footprint.judge(wanted, taken, thresholds.critical);
  if (fits) return undefined;
  // Nobody can make room for it, and its load is over in a moment.
  const isOnly = alone && workers === 1 && !serving;
  const restFits = isOnly && footprint.judge({ workers, mapped: false }, taken, thresholds.critical).fits;
  if (restFits && footprint.judge(wanted, taken, thresholds.emergency).fits) return undefined;
  return workers === 1 ? `a worker needs ${detail}` : `${workers} workers need ${detail}`;
}

export interface RoomForBoth {
  /** The replacement can load beside the worker it replaces. */
  readonly fits: boolean;
  /** It can when that one has gone. */
  readonly fitsInTurn: boolean;
  /** The arithmetic: follows "a worker needs". */
  readonly detail: string;
}

/** @param ownBytes what the end of the worker that is replaced gives back. */
export function judgeReplacement(
  footprint: Footprint,
  sample: Sample,
  { critical, emergency }: Pick<Thresholds, "critical" | "emergency">,
  ownBytes: number,
): RoomForBoth {
  const wanted = { workers: 1, mapped: true, loading: 1 };
  const { fits, detail } = footprint.judge(wanted, sample, critical);
  return { fits, fitsInTurn: footprint.judge(wanted, withMore(sample, -ownBytes), emergency).fits, detail };
}

export function withMore(sample: Sample, bytes: number): Sample {
  const { usedBytes, limits = [] } = sample;
  const more = limits.map((one) => ({ ...one, usedBytes: one.usedBytes + bytes }));
  return { ...sample, usedBytes: usedBytes + bytes, limits: more };
}
