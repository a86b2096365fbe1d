import type { CoveragePoint, Target, Threshold } from "../protocol/model-eval.ts";
import { isRight } from "./scored.ts";
import type { InScope } from "./scored.ts";
import { wilsonInterval } from "./statistics.ts";

/** What fewer rows reach is chance: the surest one alone is right as a rule. */
const ENOUGH_ANSWERED = 20;

/** Of 0, 0.05, … 0.95, and 0.99. */
const SCORES = [...Array.from({ length: 20 }, (_, step) => step / 20), 0.99];
/** Fewer rows that got a label tell nothing of a threshold of its own. */
const ENOUGH_OF_LABEL = 50;

/** @param strangers scores of rows out of scope that would be answered. @param ofStrangers how many are out of scope. */
export function coverageOf(
  rows: readonly InScope[],
  strangers: readonly number[],
  ofStrangers: number,
): CoveragePoint[] {
  return SCORES.map((score) => {
    const answered = rows.filter((row) => row.score >= score);
    const right = answered.filter(isRight).length;
    const isNone = answered.length === 0;
    return {
      score,
      answered: answered.length / rows.length,
      accuracy: isNone ? null : right / answered.length,
      interval: isNone ? null : wilsonInterval(right, answered.length),
      outOfScope: ofStrangers === 0 ? null : strangers.filter((other) => other >= score).length / ofStrangers,
    };
  });
}

/** The lowest score from which on so many of the rows are right; undefined where there is none. */
export function thresholdFor(rows: readonly InScope[], accuracy: number): Threshold | undefined {
  const sorted = rows.toSorted((a, b) => b.score - a.score);
  let right = 0;
  let found: Threshold | undefined;
  for (const [at, row] of sorted.entries()) {
    if (isRight(row)) right += 1;
    const answered = at + 1;
    // Rows of one score are answered together.
    if (answered < ENOUGH_ANSWERED || sorted[answered]?.score === row.score || right / answered < accuracy) continue;
    found = {
      score: row.score,
      answered,
      of: rows.length,
      accuracy: right / answered,
      interval: wilsonInterval(right, answered),
    };
  }
  return found;
}

export function targetOf(rows: readonly InScope[], accuracy: number): Target {
  const byLabel = Map.groupBy(rows, ({ predicted }) => predicted);
  const labels = [...byLabel]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([label, got]) => {
      const threshold = got.length < ENOUGH_OF_LABEL ? undefined : thresholdFor(got, accuracy);
      return threshold ? [{ label, ...threshold }] : [];
    });
  return { accuracy, overall: thresholdFor(rows, accuracy) ?? null, labels };
}
