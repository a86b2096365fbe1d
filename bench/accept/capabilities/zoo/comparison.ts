import type { LabelScore } from "../../../../src/lib/protocol/classify.ts";
import { bestOf } from "../../../model/zoo/scores.ts";
import type { HandReport } from "./by-hand.ts";

/** Served answers beside those by hand. */
export interface Comparison {
  readonly texts: number;
  readonly otherLabels: number;
  /** Other labels whose scores by hand are as good as equal. */
  readonly ties: number;
  /** Of a score, over the labels that were told. */
  readonly largest: number;
}

/** @param tie scores by hand that differ by no more are equal. */
export function compare(
  answers: readonly (readonly LabelScore[] | undefined)[],
  { alone }: HandReport,
  tie: number,
): Comparison {
  const comparison = { texts: 0, otherLabels: 0, ties: 0, largest: 0 };
  for (const [at, scores] of answers.entries()) {
    if (!scores) continue;
    const expected = alone[at]!;
    comparison.texts++;
    for (const { label, score } of scores) {
      const difference = Math.abs(score - (expected[indexOf(label)] ?? Number.NaN));
      // A score that is no number, or of no label, is as wrong as can be.
      comparison.largest = Math.max(comparison.largest, Number.isNaN(difference) ? Infinity : difference);
    }
    const [best, found] = [bestOf(expected), indexOf(scores[0]?.label ?? "")];
    if (best === found) continue;
    if (expected[best]! - (expected[found] ?? -Infinity) <= tie) comparison.ties++;
    else comparison.otherLabels++;
  }
  return comparison;
}

function indexOf(label: string): number {
  return Number(/^LABEL_(\d+)$/.exec(label)?.[1] ?? Number.NaN);
}

/**
 * How likely it is to see `served` other labels or more among `servedOf` answers if they come no more often than the
 * plain file's own, `own` of `ownOf`. Of all that were seen each is then a served one with the share that served answers
 * have of all: a binomial tail, exact for rates (Przyborowski and Wilenski, Biometrika 31, 1940). Texts near the border
 * between two labels are the same on both sides, so that counts vary less than this supposes: it errs on the mild side.
 */
export function chanceOf(served: number, servedOf: number, own: number, ownOf: number): number {
  const [all, share] = [served + own, servedOf / (servedOf + ownOf)];
  let tail = 0;
  let term = (1 - share) ** all;
  for (let count = 0; count <= all; count++) {
    if (count >= served) tail += term;
    term *= ((all - count) / (count + 1)) * (share / (1 - share));
  }
  return tail;
}
