import type { Answer } from "../cache/answer.ts";

/** Probabilities of one row of logits: softmax over all labels, or a sigmoid for each. */
export function probabilitiesOf(logits: Float32Array, multiLabel: boolean): Float64Array {
  const probabilities = new Float64Array(logits);
  if (multiLabel) return sigmoids(probabilities);
  const highest = highestOf(probabilities);
  let sum = 0;
  for (let at = 0; at < probabilities.length; at++)
    sum += probabilities[at] = Math.exp((probabilities[at] ?? 0) - highest);
  for (let at = 0; at < probabilities.length; at++) probabilities[at] = (probabilities[at] ?? 0) / sum;
  return probabilities;
}

function sigmoids(values: Float64Array): Float64Array {
  for (let at = 0; at < values.length; at++) values[at] = 1 / (1 + Math.exp(-(values[at] ?? 0)));
  return values;
}

function highestOf(values: Float64Array): number {
  let highest = -Infinity;
  for (let at = 0; at < values.length; at++) highest = Math.max(highest, values[at] ?? NaN);
  return highest;
}

/** Above every label's index, so that a part and an index make one number. */
const INDICES = 2 ** 20;

/** Every label, best first; equal ones in the model's order. */
export function answerOf(logits: Float32Array, multiLabel: boolean, truncated: boolean): Answer {
  const probabilities = probabilitiesOf(logits, multiLabel);
  // Ascending: by what a label lacks to a million, then by index. As plain numbers they are sorted without a callback.
  const order = new Float64Array(probabilities.length);
  for (let at = 0; at < order.length; at++)
    order[at] = (1e6 - Math.round((probabilities[at] ?? 0) * 1e6)) * INDICES + at;
  order.sort();
  const ranking: number[] = [];
  const millionths: number[] = [];
  for (let place = 0; place < order.length; place++) {
    const key = order[place] ?? 0;
    ranking.push(key % INDICES);
    millionths.push(1e6 - Math.floor(key / INDICES));
  }
  return { ranking, millionths, truncated };
}
