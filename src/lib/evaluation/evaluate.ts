import type { Evaluated, OutOfScope } from "../protocol/model-eval.ts";
import { calibrationOf } from "./calibration.ts";
import { coverageOf, targetOf } from "./coverage.ts";
import { confusions, labelFigures } from "./labels.ts";
import { countRight, isInScope } from "./scored.ts";
import type { Scored } from "./scored.ts";
import { mean, separation, wilsonInterval } from "./statistics.ts";

export interface Asked {
  readonly targetAccuracy: number;
  /** The label that stands for what none of the others fits, where the model has one. */
  readonly oosLabel?: string | undefined;
}

export type Figures = Omit<Evaluated, "model" | "temperature" | "truncated" | "cost">;

const EXAMPLES = 10;

/** @param rows one at least in scope. */
export function evaluate(rows: readonly Scored[], { targetAccuracy, oosLabel }: Asked): Figures {
  const inScope = rows.filter(isInScope);
  const strangers = rows.filter((row) => !isInScope(row));
  const answered = strangers.filter(({ predicted }) => predicted !== oosLabel).map(({ score }) => score);
  const right = countRight(inScope);
  const labels = labelFigures(inScope);
  const ofFile = labels.filter(({ texts }) => texts > 0);
  return {
    texts: inScope.length,
    right,
    accuracy: right / inScope.length,
    interval: wilsonInterval(right, inScope.length),
    macroF1: mean(ofFile.map(({ f1 }) => f1 ?? 0)),
    labels,
    confusions: confusions(inScope),
    calibration: calibrationOf(inScope),
    coverage: coverageOf(inScope, answered, strangers.length),
    target: targetOf(inScope, targetAccuracy),
    outOfScope: strangers.length === 0 ? null : scopeOf(inScope, strangers, oosLabel),
  };
}

function scopeOf(inScope: readonly Scored[], strangers: readonly Scored[], oosLabel: string | undefined): OutOfScope {
  const sureness = ({ predicted, score }: Scored): number => (predicted === oosLabel ? 0 : score);
  const known = oosLabel !== undefined && strangers.some(({ predicted }) => predicted === oosLabel);
  return {
    texts: strangers.length,
    auroc: separation(inScope.map(sureness), strangers.map(sureness)),
    meanScore: mean(strangers.map(({ score }) => score)),
    recognised: known ? strangers.filter(({ predicted }) => predicted === oosLabel).length : null,
    examples: strangers
      .filter(({ predicted }) => predicted !== oosLabel)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, EXAMPLES)
      .map(({ text, predicted, score }) => ({ text, predicted, score })),
  };
}
