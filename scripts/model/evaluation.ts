import { indexOfLargest, softmax } from "../../src/lib/training/classifier.ts";

export interface Prediction {
  readonly expected: string;
  readonly predicted: string;
  /** Probability given to the predicted label. */
  readonly confidence: number;
}

export interface Evaluation {
  readonly texts: number;
  readonly accuracy: number;
  /** 95% Wilson interval of the accuracy. */
  readonly interval: readonly [number, number];
  /** Mean confidence in the predicted label: above the accuracy, the model is over-confident. */
  readonly meanConfidence: number;
  /** Expected calibration error over ten equal bins of confidence. */
  readonly calibrationError: number;
  /** What is gained by answering only from some confidence on. */
  readonly thresholds: readonly ThresholdResult[];
  readonly labels: readonly LabelResult[];
  /** What was taken for what, most frequent first. */
  readonly confusions: readonly { readonly expected: string; readonly predicted: string; readonly count: number }[];
}

export interface ThresholdResult {
  readonly confidence: number;
  /** Share of the texts answered with at least that confidence. */
  readonly answered: number;
  readonly accuracy: number;
}

export interface LabelResult {
  readonly label: string;
  readonly texts: number;
  readonly precision: number;
  readonly recall: number;
}

export function predict(logits: ArrayLike<number>, labels: readonly string[], expected: string): Prediction {
  const best = indexOfLargest(logits);
  return { expected, predicted: labels[best] ?? "", confidence: softmax(logits)[best] ?? 0 };
}

export function evaluate(predictions: readonly Prediction[], labels: readonly string[]): Evaluation {
  const right = predictions.filter(isRight).length;
  return {
    texts: predictions.length,
    accuracy: round(right / predictions.length),
    interval: wilsonInterval(right, predictions.length),
    meanConfidence: round(mean(predictions.map(({ confidence }) => confidence))),
    calibrationError: round(calibrationError(predictions)),
    thresholds: [0.3, 0.5, 0.7, 0.9].map((confidence) => rateThreshold(predictions, confidence)),
    labels: labels.map((label) => rateLabel(predictions, label)),
    confusions: countConfusions(predictions),
  };
}

/** Wilson 1927; unlike the normal interval it stays inside [0, 1] and holds for few errors. */
export function wilsonInterval(right: number, total: number): [number, number] {
  const z = 1.959964;
  const share = right / total;
  const centre = share + (z * z) / (2 * total);
  const spread = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  const scale = 1 + (z * z) / total;
  return [round((centre - spread) / scale), round((centre + spread) / scale)];
}

function isRight({ expected, predicted }: Prediction): boolean {
  return expected === predicted;
}

function rateThreshold(predictions: readonly Prediction[], confidence: number): ThresholdResult {
  const answered = predictions.filter((prediction) => prediction.confidence >= confidence);
  return { confidence, answered: round(answered.length / predictions.length), accuracy: shareRight(answered) };
}

function rateLabel(predictions: readonly Prediction[], label: string): LabelResult {
  const ofLabel = predictions.filter(({ expected }) => expected === label);
  const asLabel = predictions.filter(({ predicted }) => predicted === label);
  return { label, texts: ofLabel.length, precision: shareRight(asLabel), recall: shareRight(ofLabel) };
}

function shareRight(predictions: readonly Prediction[]): number {
  return predictions.length === 0 ? 0 : round(predictions.filter(isRight).length / predictions.length);
}

function countConfusions(predictions: readonly Prediction[]): Evaluation["confusions"] {
  const counts = new Map<string, { expected: string; predicted: string; count: number }>();
  for (const { expected, predicted } of predictions) {
    if (expected === predicted) continue;
    const known = counts.get(`${expected} ${predicted}`) ?? { expected, predicted, count: 0 };
    counts.set(`${expected} ${predicted}`, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}

function calibrationError(predictions: readonly Prediction[]): number {
  const bins = Map.groupBy(predictions, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)));
  const gaps = [...bins.values()].map((bin) => {
    const accuracy = bin.filter(isRight).length / bin.length;
    return bin.length * Math.abs(accuracy - mean(bin.map(({ confidence }) => confidence)));
  });
  return gaps.reduce((sum, gap) => sum + gap, 0) / predictions.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
