const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
const STEPS = 25;
const LEAST_SHARE = 1e-12;

export interface ScoredText {
  readonly logits: ArrayLike<number>;
  /** The right one's index. */
  readonly label: number;
}

/**
 * The number logits are best divided by for their softmax to be an honest probability (Guo et al. 2017): the one under
 * which texts that were not trained on are least surprising.
 *
 * @returns between 0.1 and 10, to a thousandth or so.
 */
export function fitTemperature(texts: readonly ScoredText[]): number {
  const surprise = (logTemperature: number): number => meanSurprise(texts, Math.exp(logTemperature));
  let [low, high] = [Math.log(0.1), Math.log(10)];
  for (let step = 0; step < STEPS; step++) {
    const inner = high - GOLDEN_RATIO * (high - low);
    const outer = low + GOLDEN_RATIO * (high - low);
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
  let total = 0;
  for (const text of texts) total += surpriseOf(text, temperature, trust);
  return total / texts.length;
}

function surpriseOf({ logits, label }: ScoredText, temperature: number, trust: number): number {
  let highest = -Infinity;
  for (let at = 0; at < logits.length; at++) highest = Math.max(highest, logits[at] ?? 0);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) sum += Math.exp(((logits[at] ?? 0) - highest) / temperature);
  const logSum = Math.log(sum);
  const logOf = (at: number): number =>
    Math.max(Math.log(LEAST_SHARE), ((logits[at] ?? 0) - highest) / temperature - logSum);
  let others = 0;
  for (let at = 0; at < logits.length; at++) if (at !== label) others += logOf(at);
  return -trust * logOf(label) - ((1 - trust) / Math.max(1, logits.length - 1)) * others;
}
