import type { Calibration } from "../protocol/model-eval.ts";
import { countRight } from "./scored.ts";
import type { InScope } from "./scored.ts";
import { mean, wilsonInterval } from "./statistics.ts";

const BINS = 10;
/** Half of what is told of a score: of 0 no logarithm can be had. */
const LEAST_SCORE = 5e-7;

/** Whether a score of 0.8 is right in four cases of five. */
export function calibrationOf(rows: readonly InScope[]): Calibration {
  const byBin = Map.groupBy(rows, ({ score }) => Math.min(BINS - 1, Math.floor(score * BINS)));
  const bins = Array.from({ length: BINS }, (_, bin) => {
    const inIt = byBin.get(bin) ?? [];
    const right = countRight(inIt);
    const isEmpty = inIt.length === 0;
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      texts: inIt.length,
      meanScore: isEmpty ? null : mean(inIt.map(({ score }) => score)),
      accuracy: isEmpty ? null : right / inIt.length,
      interval: isEmpty ? null : wilsonInterval(right, inIt.length),
    };
  });
  const gaps = bins.map(({ texts, meanScore, accuracy }) => texts * Math.abs((accuracy ?? 0) - (meanScore ?? 0)));
  return {
    error: gaps.reduce((sum, gap) => sum + gap, 0) / rows.length,
    meanScore: mean(rows.map(({ score }) => score)),
    loss: mean(rows.map(({ expectedScore }) => -Math.log(Math.max(LEAST_SCORE, expectedScore)))),
    bins,
  };
}
