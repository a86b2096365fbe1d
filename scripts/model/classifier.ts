import type { TextVector } from "./feature-space.ts";

export interface LabelledVector {
  readonly vector: TextVector;
  readonly label: number;
}

export interface TrainingOptions {
  readonly epochs: number;
  /** Gives the texts of one pass, in the order to learn them. */
  readonly drawPass: () => readonly LabelledVector[];
  /** Called after each pass with the share of texts it got right before learning from them. */
  readonly onEpoch?: (epoch: number, accuracy: number) => void;
}

const learningRate = 0.3;
const biasRate = 0.05;

/** A linear classifier: for each label, the sum of the weights of a text's features, and a bias. */
export class Classifier {
  readonly labelCount: number;
  /** `labelCount` weights a feature, one feature after the other. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly #squares: Float32Array;

  constructor(featureCount: number, labelCount: number) {
    this.labelCount = labelCount;
    this.weights = new Float32Array(featureCount * labelCount);
    this.bias = new Float32Array(labelCount);
    this.#squares = new Float32Array(featureCount * labelCount);
  }

  /**
   * Multinomial logistic regression by AdaGrad (Duchi et al. 2011), one text at a time. A few
   * passes from zero act as the regulariser: more of them gain nothing on texts not seen.
   */
  train(options: TrainingOptions): void {
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      const examples = options.drawPass();
      const right = examples.filter((example) => this.#learn(example)).length;
      options.onEpoch?.(epoch, right / examples.length);
    }
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

  #learn({ vector, label }: LabelledVector): boolean {
    const logits = this.score(vector);
    const isRight = indexOfLargest(logits) === label;
    const errors = softmax(logits);
    errors[label]! -= 1;
    for (let i = 0; i < errors.length; i++) this.bias[i]! -= biasRate * errors[i]!;
    this.#step(vector, errors);
    return isRight;
  }

  #step({ features, values }: TextVector, errors: Float64Array): void {
    const { labelCount, weights } = this;
    const squares = this.#squares;
    for (let i = 0; i < features.length; i++) {
      const start = features[i]! * labelCount;
      const value = values[i]!;
      for (let label = 0; label < labelCount; label++) {
        const gradient = value * errors[label]!;
        const at = start + label;
        squares[at]! += gradient * gradient;
        weights[at]! -= (learningRate * gradient) / (Math.sqrt(squares[at]!) + 1e-6);
      }
    }
  }
}

/**
 * One classifier with the mean of the weights of several. Passing over texts one by one leaves
 * chance in each; the mean has less of it.
 */
export function averageClassifiers(classifiers: readonly Classifier[]): Classifier {
  const [first] = classifiers;
  if (!first) throw new RangeError("no classifier to average");
  const mean = new Classifier(first.weights.length / first.labelCount, first.labelCount);
  for (const { weights, bias } of classifiers) {
    for (let i = 0; i < weights.length; i++) mean.weights[i]! += weights[i]! / classifiers.length;
    for (let i = 0; i < bias.length; i++) mean.bias[i]! += bias[i]! / classifiers.length;
  }
  return mean;
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
