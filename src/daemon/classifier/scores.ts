import type { Answer } from "../cache/answer.ts";

/** Probabilities of one row of logits: softmax over all labels, or a sigmoid for each. */
export function probabilitiesOf(logits: Float32Array, multiLabel: boolean): Float64Array {
  const probabilities = new Float64Array(logits);
  if (multiLabel) return probabilities.map((logit) => 1 / (1 + Math.exp(-logit)));
  const highest = highestOf(probabilities);
  let sum = 0;
  for (let at = 0; at < probabilities.length; at++)
    sum += probabilities[at] = Math.exp((probabilities[at] ?? 0) - highest);
  return probabilities.map((value) => value / sum);
}

function highestOf(values: Float64Array): number {
  let highest = -Infinity;
  for (let at = 0; at < values.length; at++) highest = Math.max(highest, values[at] ?? NaN);
  return highest;
}

/** Every label, best first; equal ones in the model's order. */
export function answerOf(logits: Float32Array, multiLabel: boolean, truncated: boolean): Answer {
  const parts = probabilitiesOf(logits, multiLabel).map((probability) => Math.round(probability * 1e6));
  const partOf = (label: number): number => parts[label] ?? 0;
  const ranking = Array.from(parts.keys()).toSorted((a, b) => partOf(b) - partOf(a) || a - b);
  return { ranking, millionths: ranking.map(partOf), truncated };
}
