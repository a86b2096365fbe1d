import { Classifier, softmax } from "./classifier.ts";
import type { LabelledVector } from "./classifier.ts";
import { shuffled } from "../random.ts";
import type { Random } from "../random.ts";

export interface AscentOptions {
  readonly featureCount: number;
  readonly labelCount: number;
  readonly passes: number;
  /** Weighs half the squared weights against the sum of the texts' losses. */
  readonly penalty: number;
  readonly random: Random;
}

/** Bound of the curvature of softmax loss along one text's logits. */
const curvature = 0.5;

/**
 * Multinomial logistic regression with an L2 penalty and no bias, to its optimum, by stochastic
 * dual coordinate ascent (Shalev-Shwartz and Zhang 2013). At the optimum the weights are a sum over
 * texts of (truth − probabilities) / penalty times the text's features; a step moves one text's
 * term towards that, as far as the curvature lets it. No rate to tune, and ten passes will do.
 */
export function ascend(examples: readonly LabelledVector[], options: AscentOptions): Classifier {
  const { labelCount, penalty } = options;
  const classifier = new Classifier(options.featureCount, labelCount);
  const terms = examples.map(() => new Float64Array(labelCount));
  const reach = examples.map(({ vector }) => penalty / (penalty + curvature * squaredLength(vector.values)));
  const numbers = examples.map((_example, number) => number);
  for (let pass = 0; pass < options.passes; pass++) {
    for (const number of shuffled(numbers, options.random)) {
      const { vector, label } = examples[number]!;
      const term = terms[number]!;
      const change = softmax(classifier.score(vector)).map((probability, at) => {
        const wanted = ((at === label ? 1 : 0) - probability) / penalty;
        return reach[number]! * (wanted - term[at]!);
      });
      for (let at = 0; at < labelCount; at++) term[at]! += change[at]!;
      addTo(classifier, vector, change);
    }
  }
  return classifier;
}

function addTo(
  { labelCount, weights }: Classifier,
  { features, values }: LabelledVector["vector"],
  change: Float64Array,
): void {
  for (let i = 0; i < features.length; i++) {
    const start = features[i]! * labelCount;
    const value = values[i]!;
    for (let label = 0; label < labelCount; label++) weights[start + label]! += value * change[label]!;
  }
}

function squaredLength(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
