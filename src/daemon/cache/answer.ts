import type { LabelScore } from "../../lib/protocol/classify.ts";

/** What a model said of a text, as it is kept and told. */
export interface Answer {
  /** Indices of labels, best first; as many as are kept. */
  readonly ranking: readonly number[];
  /** Score of each, in whole millionths: scores are told to 6 decimals. 0 to 10^6, but for regressions. */
  readonly millionths: readonly number[];
  /** The text was longer than the model's window. */
  readonly truncated: boolean;
}

/** Models of up to this many labels are kept whole. */
const MOST_LABELS = 64;
/** Of a model with more, so many of the best. */
const BEST_LABELS = 32;

/** How many of a model's labels are kept. */
export function keptCount(labels: number): number {
  return labels <= MOST_LABELS ? labels : BEST_LABELS;
}

/** The part of an answer that is kept; a request for more labels than that is a miss. */
export function keptOf(answer: Answer): Answer {
  if (answer.ranking.length <= MOST_LABELS) return answer;
  const { ranking, millionths, truncated } = answer;
  return { ranking: ranking.slice(0, BEST_LABELS), millionths: millionths.slice(0, BEST_LABELS), truncated };
}

/** The best `count` labels, best first. */
export function bestOf({ ranking, millionths }: Answer, labels: readonly string[], count: number): LabelScore[] {
  return ranking.slice(0, count).map((label, at) => ({ label: labels[label] ?? "", score: scoreAt(millionths, at) }));
}

/** As it is told. */
export function scoreAt(millionths: readonly number[], at: number): number {
  return (millionths[at] ?? 0) / 1e6;
}
