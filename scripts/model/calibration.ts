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

/**
 * Mean negative log-likelihood of the labels, each doubted a little: of n texts the true label gets (n + 1) / (n + 2),
 * the others what is left (Platt 1999). Otherwise texts that happen to be right all of them would ask for certainty.
 */
export function meanSurprise(texts: readonly ScoredText[], temperature: number): number {
  const trust = (texts.length + 1) / (texts.length + 2);
  const total = texts.reduce((sum, { logits, label }) => {
    const logs = softmax(Array.from(logits, (logit) => logit / temperature)).map((share) =>
      Math.log(Math.max(share, 1e-12)),
    );
    const others = logs.reduce((logSum, log) => logSum + log, 0) - logs[label]!;
    return sum - trust * logs[label]! - ((1 - trust) / Math.max(1, logs.length - 1)) * others;
  }, 0);
  return total / texts.length;
}
