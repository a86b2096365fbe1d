import type { LabelScore } from "../../lib/protocol/classify.ts";

/** Probabilities of one row of logits: softmax over all labels, or a sigmoid for each. */
export function probabilitiesOf(logits: Float32Array, multiLabel: boolean): Float64Array {
  if (multiLabel) return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/** The best `count` labels, best first; equal ones in the model's order. Scores are rounded to 6 decimals. */
export function bestLabels(probabilities: Float64Array, labels: readonly string[], count: number): LabelScore[] {
  return labels
    .map((label, index) => ({ label, score: Math.round((probabilities[index] ?? 0) * 1e6) / 1e6, index }))
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, count)
    .map(({ label, score }) => ({ label, score }));
}
