import type { TextVector } from "./feature-space.ts";

export interface LabelledVector {
  readonly vector: TextVector;
  readonly label: number;
}

/** A linear classifier: for each label, the sum of the weights of a text's features, and a bias. */
export class Classifier {
  readonly labelCount: number;
  /** `labelCount` weights a feature, one feature after the other. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;

  constructor(featureCount: number, labelCount: number) {
    this.labelCount = labelCount;
    this.weights = new Float32Array(featureCount * labelCount);
    this.bias = new Float32Array(labelCount);
  }

  score({ features, values }: TextVector): Float64Array {
    const { labelCount, weights } = this;
    const logits = Float64Array.from(this.bias);
    for (let i = 0; i < features.length; i++) {
      const start = features[i]! * labelCount;
      const value = values[i]!;
      for (let label = 0; label < labelCount; label++) logits[label]! += value * weights[start + label]!;
    }
    return logits;
  }
}

/** One classifier whose logits are the sum of those of several, each times its share. */
export function addClassifiers(parts: readonly { classifier: Classifier; share: number }[]): Classifier {
  const [first] = parts;
  if (!first) throw new RangeError("no classifier to add");
  const { labelCount, weights } = first.classifier;
  const sum = new Classifier(weights.length / labelCount, labelCount);
  for (const { classifier, share } of parts) {
    for (let i = 0; i < weights.length; i++) sum.weights[i]! += share * classifier.weights[i]!;
    for (let i = 0; i < labelCount; i++) sum.bias[i]! += share * classifier.bias[i]!;
  }
  return sum;
}

/**
 * The same classifier with logits that stand apart by one on average, so that of two blended neither outvotes the
 * other by mere size.
 */
export function standardise(classifier: Classifier, texts: readonly LabelledVector[]): Classifier {
  const spreads = texts.map(({ vector }) => spreadOf(classifier.score(vector)));
  const mean = spreads.reduce((sum, spread) => sum + spread, 0) / texts.length;
  return addClassifiers([{ classifier, share: 1 / (mean || 1) }]);
}

/** Standard deviation. */
function spreadOf(logits: Float64Array): number {
  const mean = logits.reduce((sum, logit) => sum + logit, 0) / logits.length;
  return Math.sqrt(logits.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / logits.length);
}

export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export function softmax(logits: ArrayLike<number>): Float64Array {
  const largest = logits[indexOfLargest(logits)] ?? 0;
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
