import type { ZooEntry } from "../../../model/zoo/entry.ts";
import type { HandReport } from "./by-hand.ts";
import { chanceOf, compare } from "./comparison.ts";
import type { Served } from "./served.ts";

/** What came of one model, in words. */
export interface Verdict {
  readonly measured: string;
  readonly target: string;
  /** Empty: passed. */
  readonly faults: readonly string[];
}

/** Scores of float32: what arithmetic in another order moves, and the rounding of what is told. */
const EXACT = 1e-5;
/** A logit in float16 has steps of 2^-9 from 2 on; two of them, each off by one, move a score by a quarter of both. */
const HALF_TIE = 1e-3;
/** Several such steps, since inner values are rounded as well. */
const HALF_SCORE = 5e-3;
/** The largest of 1536 answers in batches stands for what is usual; twice as far is something else. */
const MOVED_TIMES = 2;
/** With some 30 quantised models a run, one wrongly failed in 300 runs. */
const TOO_UNLIKELY = 1e-4;

export function judge(entry: ZooEntry, hand: HandReport, served: Served): Verdict {
  const { half = false, quantised = false, small = false } = entry.expect;
  // Where the plain file's own batches move no score, nothing excuses another answer.
  const mayMove = quantised && hand.own.largest > EXACT;
  const compared = compare(served.answers, hand, half ? HALF_TIE : EXACT);
  const { texts, otherLabels, ties, largest } = compared;
  const { own } = hand;
  const limit = mayMove ? MOVED_TIMES * own.largest : half ? HALF_SCORE : EXACT;
  const faults = [
    served.crashes > 0 && `${served.crashes} workers died`,
    served.failed > 0 && `${served.failed} calls failed: ${served.failure}`,
    !served.prepared && !small && served.reason === undefined && "plain weights, and no reason told",
    !mayMove && otherLabels > 0 && `${otherLabels} of ${texts} other labels`,
    largest > limit && `a score is off by ${brief(largest)}`,
    mayMove &&
      chanceOf(otherLabels, texts, own.otherLabels, own.answers) < TOO_UNLIKELY &&
      `${otherLabels} of ${texts} other labels, ${own.otherLabels} of ${own.answers} by its own batches`,
  ].filter((fault) => fault !== false);
  const weights = served.prepared ? "prepared" : `plain${served.reason === undefined ? "" : ` (${served.reason})`}`;
  const movement = `own batches ${own.otherLabels} of ${own.answers}, ${brief(own.largest)}`;
  return {
    measured: `${weights}; ${otherLabels} of ${texts} other labels, ${ties} ties, score ${brief(largest)}; ${movement}`,
    target: `${mayMove ? "other labels no more often than in its own batches" : "0 other labels"}, score within ${brief(limit)}`,
    faults,
  };
}

function brief(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}
