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
  /** What logits are divided by before they become scores: above 1 these are less sure. */
  readonly temperature?: number | undefined;
  /** Scores are independent of one another; it counts where the graph has made them so. */
  readonly multiLabel?: boolean;
}

/** Half of what is told of a score. */
const LEAST_SCORE = 5e-7;

/** Above every label's index, so that a part and an index make one number. */
const INDICES = 2 ** 20;

/**
 * The best labels of one row, best first; equal ones in the model's order. Linear in the labels: of 20,000 nobody wants
 * more than some to be sorted.
 *
 * @param keep how many, at most. @throws {CombotError} `INFERENCE_FAILED` where the model gave something that is no number.
 */
export function answerOf(row: Float32Array, reading: Reading, truncated: boolean, keep = row.length): Answer {
  return ranked(scoresOf(row, reading), truncated, keep);
}

/** Of each label; 0 to 1 but for regressions. */
export function scoresOf(row: Float32Array, reading: Reading): Float64Array {
  const scores = new Float64Array(row);
  const { activation, temperature = 1, regression } = reading;
  if (temperature !== 1 && !regression) return tempered(scores, reading, temperature);
  if (activation === "softmax") softmax(scores);
  else if (activation === "sigmoid") sigmoids(scores);
  else if (!regression) clamp(scores);
  return scores;
}

/** What a temperature divides. Of scores that the graph made itself the logits are told by these, as far as that takes. */
export function logitsOf(row: Float32Array, reading: Reading): Float32Array {
  return Float32Array.from(untempered(new Float64Array(row), reading));
}

function untempered(values: Float64Array, reading: Reading): Float64Array {
  if (reading.activation !== "none") return values;
  clamp(values);
  const apart = isApart(values, reading);
  for (let at = 0; at < values.length; at++) values[at] = logitOf(values[at] ?? 0, apart);
  return values;
}

function isApart({ length }: Float64Array, { activation, multiLabel }: Reading): boolean {
  return activation === "sigmoid" || (activation === "none" && (multiLabel === true || length === 1));
}

function tempered(values: Float64Array, reading: Reading, temperature: number): Float64Array {
  untempered(values, reading);
  for (let at = 0; at < values.length; at++) values[at] = (values[at] ?? 0) / temperature;
  if (isApart(values, reading)) sigmoids(values);
  else softmax(values);
  return values;
}

/** Of a score of 0 or 1 none is known: it is taken for the nearest that can be. */
function logitOf(score: number, apart: boolean): number {
  const sure = Math.min(1 - LEAST_SCORE, Math.max(LEAST_SCORE, score));
  return apart ? Math.log(sure / (1 - sure)) : Math.log(Math.max(LEAST_SCORE, score));
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
