import type { Confusion, LabelFigures } from "../protocol/model-eval.ts";
import type { InScope } from "./scored.ts";
import { isRight } from "./scored.ts";
import { wilsonInterval } from "./statistics.ts";

const EXAMPLES = 3;
const MOST_CONFUSIONS = 50;

interface Counts {
  texts: number;
  predicted: number;
  right: number;
}

/** Of each label that a row has or got, in order. */
export function labelFigures(rows: readonly InScope[]): LabelFigures[] {
  const counts = new Map<string, Counts>();
  const of = (label: string): Counts => {
    const known = counts.get(label) ?? { texts: 0, predicted: 0, right: 0 };
    counts.set(label, known);
    return known;
  };
  for (const row of rows) {
    of(row.expected).texts += 1;
    of(row.predicted).predicted += 1;
    if (isRight(row)) of(row.expected).right += 1;
  }
  const sorted = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([label, { texts, predicted, right }]) => ({
    label,
    texts,
    predicted,
    right,
    precision: predicted === 0 ? null : right / predicted,
    recall: texts === 0 ? null : right / texts,
    f1: texts + predicted === 0 ? null : (2 * right) / (texts + predicted),
    recallInterval: texts === 0 ? null : wilsonInterval(right, texts),
  }));
}

export interface Confused {
  readonly expected: string;
  readonly predicted: string;
  readonly rows: readonly InScope[];
}

/** All that was taken for something else, the most frequent first. */
export function confusedRows(rows: readonly InScope[]): Confused[] {
  const pairs = new Map<string, InScope[]>();
  for (const row of rows) {
    if (isRight(row)) continue;
    const key = JSON.stringify([row.expected, row.predicted]);
    const known = pairs.get(key);
    if (known) known.push(row);
    else pairs.set(key, [row]);
  }
  const counted = [...pairs.values()].toSorted((a, b) => b.length - a.length);
  return counted.map((mixed) => ({
    expected: mixed[0]?.expected ?? "",
    predicted: mixed[0]?.predicted ?? "",
    rows: mixed,
  }));
}

export function confusions(rows: readonly InScope[]): Confusion[] {
  const most = confusedRows(rows).slice(0, MOST_CONFUSIONS);
  return most.map(({ expected, predicted, rows: mixed }) => ({
    expected,
    predicted,
    count: mixed.length,
    examples: mixed
      .toSorted((a, b) => b.score - a.score)
      .slice(0, EXAMPLES)
      .map(({ text }) => text),
  }));
}
