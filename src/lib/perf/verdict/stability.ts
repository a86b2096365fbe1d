import type { PerfReport } from "../../protocol/perf.ts";

const MOST_SPREAD = 0.1;

/** @param thirds the figure in each third of the run; null where one of them could not be measured. */
export function judgeStability(
  figure: PerfReport["stability"]["figure"],
  thirds: readonly (number | null)[],
): PerfReport["stability"] {
  const known = thirds.filter((value) => value !== null);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const isKnown = known.length === thirds.length && mean > 0;
  const spread = isKnown ? (Math.max(...known) - Math.min(...known)) / mean : null;
  return { figure, thirds: known, spread, stable: spread === null ? null : spread <= MOST_SPREAD };
}
