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

export interface ScopeThreshold {
  readonly confidence: number;
  /** Share of the texts in scope that are answered from this confidence on. */
  readonly answeredInScope: number;
  /** Share of the texts out of scope that are answered, each time wrongly. */
  readonly answeredOutOfScope: number;
}

export interface Stranger {
  readonly expected: string;
  readonly confidence: number;
}

const confidences = [0.3, 0.5, 0.7, 0.9];

/** @param inScope confidences of the texts of trained labels. */
export function measureScope(inScope: readonly number[], strangers: readonly Stranger[]): ScopeResult {
  const outOfScope = strangers.map(({ confidence }) => confidence);
  return {
    texts: strangers.length,
    labels: [...new Set(strangers.map(({ expected }) => expected))].toSorted(),
    auroc: round(separation(inScope, outOfScope)),
    meanConfidence: round(outOfScope.reduce((sum, confidence) => sum + confidence, 0) / outOfScope.length),
    thresholds: confidences.map((confidence) => ({
      confidence,
      answeredInScope: round(shareFrom(inScope, confidence)),
      answeredOutOfScope: round(shareFrom(outOfScope, confidence)),
    })),
  };
}

/** Area under the receiver operating characteristic, by ranks (Mann and Whitney 1947); a tie counts half. */
export function separation(higher: readonly number[], lower: readonly number[]): number {
  const below = lower.toSorted((a, b) => a - b);
  const won = higher.reduce((sum, value) => sum + (countUnder(below, value) + countUpTo(below, value)) / 2, 0);
  return won / (higher.length * lower.length);
}

/** How many of the sorted values are smaller. */
function countUnder(sorted: readonly number[], value: number): number {
  return bisect(sorted, (other) => other < value);
}

/** How many of the sorted values are smaller or equal. */
function countUpTo(sorted: readonly number[], value: number): number {
  return bisect(sorted, (other) => other <= value);
}

function bisect(sorted: readonly number[], isBefore: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shareFrom(values: readonly number[], least: number): number {
  return values.filter((value) => value >= least).length / values.length;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
