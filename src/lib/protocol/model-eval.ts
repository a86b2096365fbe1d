/** What `combot model eval` measured. Shares, scores and intervals are unrounded; what can't be told is null. */
export interface EvalReport {
  readonly file: string;
  readonly at: string;
  readonly verdict: "pass" | "fail";
  /** Why it is a failure: nothing where it is none. */
  readonly failures: readonly string[];
  readonly remarks: readonly string[];
  readonly evaluated: Evaluated;
  /** The other model on the same rows; null where there was none. */
  readonly other: Evaluated | null;
  readonly comparison: Comparison | null;
  readonly fit: Fit | null;
}

export interface Evaluated {
  readonly model: { readonly name: string; readonly dir: string; readonly digest: string; readonly labels: number };
  readonly temperature: number | null;
  /** Rows in scope. */
  readonly texts: number;
  readonly right: number;
  readonly accuracy: number;
  /** 95 %, Wilson's. */
  readonly interval: Interval;
  /** Mean of the labels' F1, of those that the file has. */
  readonly macroF1: number;
  readonly truncated: number;
  readonly labels: readonly LabelFigures[];
  /** What was taken for what, most often first. */
  readonly confusions: readonly Confusion[];
  readonly calibration: Calibration;
  /** What is gained by answering from a score on, for scores from 0 to 0.99. */
  readonly coverage: readonly CoveragePoint[];
  readonly target: Target;
  readonly outOfScope: OutOfScope | null;
  readonly cost: Cost;
}

export type Interval = readonly [low: number, high: number];

export interface LabelFigures {
  readonly label: string;
  /** Rows that have it, and rows that got it. */
  readonly texts: number;
  readonly predicted: number;
  readonly right: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly recallInterval: Interval | null;
}

export interface Confusion {
  readonly expected: string;
  readonly predicted: string;
  readonly count: number;
  /** Some of the texts, surest first. */
  readonly examples: readonly string[];
}

export interface Calibration {
  /** Expected calibration error over ten equal bins of score. */
  readonly error: number;
  readonly meanScore: number;
  /** Mean negative logarithm of the score that the right label got. */
  readonly loss: number;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly texts: number;
    readonly meanScore: number | null;
    readonly accuracy: number | null;
    readonly interval: Interval | null;
  }[];
}

export interface CoveragePoint {
  readonly score: number;
  /** Shares of the rows in scope, and of those out of scope, that are answered from this score on. */
  readonly answered: number;
  readonly accuracy: number | null;
  readonly interval: Interval | null;
  readonly outOfScope: number | null;
}

/** The lowest score from which on answers are as right as was wished. */
export interface Target {
  readonly accuracy: number;
  readonly overall: Threshold | null;
  /** By label given, as far as enough rows got it. */
  readonly labels: readonly (Threshold & { readonly label: string })[];
}

export interface Threshold {
  readonly score: number;
  /** Rows that reach it, of those that it is about. */
  readonly answered: number;
  readonly of: number;
  readonly accuracy: number;
  readonly interval: Interval;
}

export interface OutOfScope {
  readonly texts: number;
  /** Share of pairs of a row in scope and one out of it in which the first has the higher score: 0.5 is chance. */
  readonly auroc: number;
  readonly meanScore: number;
  /** Those that got the label that stands for it; null where the model has none. */
  readonly recognised: number | null;
  /** The surest of those that got another one. */
  readonly examples: readonly { readonly text: string; readonly predicted: string; readonly score: number }[];
}

/** One text at a time, on one thread, behind all else that the machine does. */
export interface Cost {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly textsPerSecond: number;
  /** Of the worker, when all rows were read. */
  readonly pssBytes: number | null;
}

/** Of the model with another: gains are rows that only the model has right. */
export interface Comparison {
  /** Rows to which both give the same label, right or wrong. */
  readonly agreed: number;
  readonly gained: number;
  readonly lost: number;
  readonly difference: number;
  readonly p: number;
  readonly test: "exact" | "continuity";
  readonly verdict: "better" | "worse" | "no difference shown";
  readonly labels: readonly {
    readonly label: string;
    readonly texts: number;
    readonly gained: number;
    readonly lost: number;
    readonly p: number;
    /** Falls or rises by more than chance, of as many labels as there are. */
    readonly verdict: "better" | "worse" | "no difference shown";
  }[];
  readonly examples: readonly {
    readonly text: string;
    readonly expected: string;
    readonly predicted: string;
    readonly other: string;
  }[];
}

/** Fitted on some folds and judged on the one left out, in turn; written are those fitted on all rows. */
export interface Fit {
  readonly written: string | null;
  /** Undefined keys were not fitted: the reasons are among the remarks. */
  readonly settings: {
    readonly temperature?: number;
    readonly minScore?: number;
    readonly thresholds?: Readonly<Record<string, number>>;
  };
  readonly folds: number;
  readonly before: { readonly error: number; readonly loss: number };
  readonly after: { readonly error: number; readonly loss: number };
  /** Of rows that the thresholds had not seen; null where none was fitted. */
  readonly accepted: Threshold | null;
}
