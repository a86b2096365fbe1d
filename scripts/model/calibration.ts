import { softmax } from "./classifier.ts";

export interface ScoredText {
  readonly logits: ArrayLike<number>;
  readonly label: number;
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * The number logits are best divided by for their softmax to be an honest probability (Guo et al.
 * 2017): the one under which texts that were not trained on are least surprising.
 *
 * @returns between 0.1 and 10, to a thousandth or so.
 */
export function fitTemperature(texts: readonly ScoredText[]): number {
  const surprise = (logTemperature: number): number => meanSurprise(texts, Math.exp(logTemperature));
  let [low, high] = [Math.log(0.1), Math.log(10)];
  for (let step = 0; step < 25; step++) {
    const inner = high - goldenRatio * (high - low);
    const outer = low + goldenRatio * (high - low);
    if (surprise(inner) < surprise(outer)) high = outer;
    else low = inner;
  }
  return Math.exp((low + high) / 2);
}

/** Mean negative log-likelihood of the true labels. */
function meanSurprise(texts: readonly ScoredText[], temperature: number): number {
  const total = texts.reduce((sum, { logits, label }) => {
    const probabilities = softmax(Array.from(logits, (logit) => logit / temperature));
    return sum - Math.log(Math.max(probabilities[label] ?? 0, 1e-12));
  }, 0);
  return total / texts.length;
}
