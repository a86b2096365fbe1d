/** `none`: the graph gives its scores, or they are told as they are. */
export type Activation = "softmax" | "sigmoid" | "none";

/** What a caller is told of one row that the graph gave. */
export function scoresOf(row: readonly number[], activation: Activation): number[] {
  if (activation === "none") return [...row];
  if (activation === "sigmoid") return row.map((value) => 1 / (1 + Math.exp(-value)));
  const highest = row.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = row.map((value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The label that is the answer: the first of the highest. */
export function bestOf(scores: readonly number[]): number {
  return scores.reduce((best, score, label) => (score > scores[best]! ? label : best), 0);
}

export function largestDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0);
}
