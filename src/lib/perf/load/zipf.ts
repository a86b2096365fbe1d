import type { Random } from "../../random.ts";

/**
 * Draws from 0 to `count` - 1 by Zipf's law with exponent 1: the second is asked for half as often as the first, the
 * third a third as often, and so on.
 */
export function zipf(count: number, random: Random): () => number {
  const weights = Float64Array.from({ length: count }, (_, rank) => 1 / (rank + 1));
  return byWeight(weights, random);
}

/** Draws from 0 to one less than there are weights, each as often as its weight says. */
export function byWeight(weights: ArrayLike<number>, random: Random): () => number {
  const upTo = new Float64Array(weights.length);
  let sum = 0;
  for (let at = 0; at < weights.length; at++) upTo[at] = sum += weights[at]!;
  return () => firstAbove(upTo, random() * sum);
}

/** Index of the first of the rising values that exceeds `value`. */
function firstAbove(rising: Float64Array, value: number): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
