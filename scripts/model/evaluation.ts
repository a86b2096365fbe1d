import type { Figures } from "../../src/lib/evaluation/evaluate.ts";
import { evaluate } from "../../src/lib/evaluation/evaluate.ts";
import { confusedRows } from "../../src/lib/evaluation/labels.ts";
import { isInScope } from "../../src/lib/evaluation/scored.ts";
import type { Scored } from "../../src/lib/evaluation/scored.ts";
import type { CoveragePoint } from "../../src/lib/protocol/model-eval.ts";

/** What metrics.json and a model's card have, of the texts whose labels were trained; to four decimals. */
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
  readonly outOfScope?: ScopeResult;
}

interface ThresholdResult {
  readonly confidence: number;
  /** Share of the texts answered with at least that confidence. */
  readonly answered: number;
  readonly accuracy: number;
}

interface LabelResult {
  readonly label: string;
  readonly texts: number;
  readonly precision: number;
  readonly recall: number;
}

/** How well confidence tells texts of trained labels from texts of labels that were not trained. */
export interface ScopeResult {
  readonly texts: number;
  /** The strange labels, in order; a misspelled one stands out here. */
  readonly labels: readonly string[];
  /** Share of pairs of a text in scope and one out of scope in which the first is the more confident: 0.5 is chance. */
  readonly auroc: number;
  readonly meanConfidence: number;
  readonly thresholds: readonly ScopeThreshold[];
}

interface ScopeThreshold {
  readonly confidence: number;
  /** Share of the texts in scope that are answered from this confidence on. */
  readonly answeredInScope: number;
  /** Share of the texts out of scope that are answered, each time wrongly. */
  readonly answeredOutOfScope: number;
}

const CONFIDENCES = [0.3, 0.5, 0.7, 0.9];
/** Of the scores that the library seeks for a wanted accuracy nothing is told here. */
const NO_TARGET = { targetAccuracy: 1 };

/** @param rows those of strange labels have none. @param labels that were trained. @param strange labels that were not. */
export function evaluationOf(
  rows: readonly Scored[],
  labels: readonly string[],
  strange: readonly string[] = [],
): Evaluation {
  const figures = evaluate(rows, NO_TARGET);
  const { texts, accuracy, interval, calibration, coverage, outOfScope } = figures;
  const points = coverage.filter(({ score }) => CONFIDENCES.includes(score));
  return {
    texts,
    accuracy: round(accuracy),
    interval: [round(interval[0]), round(interval[1])],
    meanConfidence: round(calibration.meanScore),
    calibrationError: round(calibration.error),
    thresholds: points.map(thresholdOf),
    labels: labels.map((label) => labelOf(figures, label)),
    confusions: confusedRows(rows.filter(isInScope)).map(({ expected, predicted, rows }) => ({
      expected,
      predicted,
      count: rows.length,
    })),
    ...(outOfScope && { outOfScope: scopeOf(outOfScope, points, strange) }),
  };
}

function thresholdOf({ score, answered, accuracy }: CoveragePoint): ThresholdResult {
  return { confidence: score, answered: round(answered), accuracy: round(accuracy ?? 0) };
}

/** Of one that no text had or got, nothing is right. */
function labelOf({ labels }: Figures, label: string): LabelResult {
  const { texts = 0, precision = 0, recall = 0 } = labels.find((found) => found.label === label) ?? {};
  return { label, texts, precision: round(precision ?? 0), recall: round(recall ?? 0) };
}

function scopeOf(
  { texts, auroc, meanScore }: NonNullable<Figures["outOfScope"]>,
  points: readonly CoveragePoint[],
  strange: readonly string[],
): ScopeResult {
  return {
    texts,
    labels: [...new Set(strange)].toSorted(),
    auroc: round(auroc),
    meanConfidence: round(meanScore),
    thresholds: points.map(({ score, answered, outOfScope }) => ({
      confidence: score,
      answeredInScope: round(answered),
      answeredOutOfScope: round(outOfScope ?? 0),
    })),
  };
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
