import { Classifier, indexOfLargest, softmax } from "./classifier.ts";
import type { LabelledVector } from "./classifier.ts";
import type { TextVector } from "./feature-space.ts";

export interface DescentOptions {
  readonly featureCount: number;
  readonly labelCount: number;
  readonly epochs: number;
  /** Gives the texts of one pass, in the order to learn them. */
  readonly drawPass: () => readonly LabelledVector[];
  /** Called after each pass with the share of texts it got right before learning from them. */
  readonly onEpoch?: (epoch: number, accuracy: number) => void;
}

const learningRate = 0.3;
const biasRate = 0.05;

/**
 * Multinomial logistic regression by AdaGrad (Duchi et al. 2011), one text at a time: rare features
 * learn in larger steps than common ones. A few passes from zero act as the regulariser.
 */
export function descend(options: DescentOptions): Classifier {
  const classifier = new Classifier(options.featureCount, options.labelCount);
  const squares = new Float32Array(classifier.weights.length);
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const examples = options.drawPass();
    const right = examples.filter((example) => learn(classifier, squares, example)).length;
    options.onEpoch?.(epoch, right / examples.length);
  }
  return classifier;
}

function learn(classifier: Classifier, squares: Float32Array, { vector, label }: LabelledVector): boolean {
  const logits = classifier.score(vector);
  const isRight = indexOfLargest(logits) === label;
  const errors = softmax(logits);
  errors[label]! -= 1;
  for (let i = 0; i < errors.length; i++) classifier.bias[i]! -= biasRate * errors[i]!;
  step(classifier, squares, vector, errors);
  return isRight;
}

function step(
  { labelCount, weights }: Classifier,
  squares: Float32Array,
  { features, values }: TextVector,
  errors: Float64Array,
): void {
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
