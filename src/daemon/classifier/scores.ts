import { CombotError } from "../../lib/errors.ts";
import type { Answer } from "../cache/answer.ts";
import { BestKeys } from "./best-keys.ts";

/** What is still to be done to what the graph gives. */
export type Activation = "softmax" | "sigmoid" | "none";

/** What a row of the graph's output means. */
export interface Reading {
  readonly activation: Activation;
  /** Raw numbers, which may be anything; all else is 0 to 1. */
  readonly regression: boolean;
}

/** Above every label's index, so that a part and an index make one number. */
const INDICES = 2 ** 20;

/**
 * The best labels of one row, best first; equal ones in the model's order. Linear in the labels: of 20,000 nobody wants
 * more than some to be sorted.
 *
 * @param keep how many, at most. @throws {CombotError} `INFERENCE_FAILED` where the model gave something that is no number.
 */
export function answerOf(row: Float32Array, reading: Reading, truncated: boolean, keep = row.length): Answer {
  const scores = new Float64Array(row);
  if (reading.activation === "softmax") softmax(scores);
  else if (reading.activation === "sigmoid") sigmoids(scores);
  else if (!reading.regression) clamp(scores);
  return ranked(scores, truncated, keep);
}

/** @param scores of each label; 0 to 1, or any finite numbers. They become millionths, in place. */
export function ranked(scores: Float64Array, truncated: boolean, keep = scores.length): Answer {
  let isShare = true;
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at] ?? NaN;
    if (!Number.isFinite(score)) throw new CombotError("INFERENCE_FAILED", `the model gave ${score} for label ${at}`);
    // Without the sign that a zero may have.
    const millionths = Math.round(score * 1e6) + 0;
    if (millionths < 0 || millionths > 1e6) isShare = false;
    scores[at] = millionths;
  }
  return isShare ? rankedShares(scores, truncated, keep) : rankedNumbers(scores, truncated, keep);
}

/** As plain numbers, what a label lacks to a million and then its index, they are picked and sorted without a callback. */
function rankedShares(all: Float64Array, truncated: boolean, keep: number): Answer {
  const best = new BestKeys(Math.min(keep, all.length));
  for (let at = 0; at < all.length; at++) best.offer((1e6 - (all[at] ?? 0)) * INDICES + at);
  const ranking: number[] = [];
  const millionths: number[] = [];
  for (const key of best.ascending()) {
    const lacking = Math.floor(key / INDICES);
    ranking.push(key - lacking * INDICES);
    millionths.push(1e6 - lacking);
  }
  return { ranking, millionths, truncated };
}

/** Regressions have one number, or some. */
function rankedNumbers(all: Float64Array, truncated: boolean, keep: number): Answer {
  const order = Uint32Array.from(all.keys()).toSorted((a, b) => (all[b] ?? 0) - (all[a] ?? 0) || a - b);
  const ranking = [...order.subarray(0, keep)];
  return { ranking, millionths: ranking.map((label) => all[label] ?? 0), truncated };
}

/** In place. */
export function softmax(values: Float64Array): void {
  let highest = -Infinity;
  for (let at = 0; at < values.length; at++) highest = Math.max(highest, values[at] ?? NaN);
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] = Math.exp((values[at] ?? 0) - highest);
  for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) / sum;
}

function sigmoids(values: Float64Array): void {
  for (let at = 0; at < values.length; at++) values[at] = 1 / (1 + Math.exp(-(values[at] ?? 0)));
}

/** A graph's own softmax may be out by a rounding. */
function clamp(values: Float64Array): void {
  for (let at = 0; at < values.length; at++) values[at] = Math.min(1, Math.max(0, values[at] ?? NaN));
}
