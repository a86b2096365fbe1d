import type { ClassifyResult } from "../../lib/protocol/classify.ts";

export const DECIDED = ["accept", "ambiguous", "unsure", "none"] as const;
type Decided = (typeof DECIDED)[number];

/** Labels told apart over all models, and of one model: each is four series of Prometheus. */
const MOST_LABELS = 1000;
const MOST_OF_MODEL = 200;
/** Of what has no room, and of labels that came with a call. */
export const OTHER_LABELS = "(other)";
const LONGEST_LABEL = 100;

export const SCORE_BOUNDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1] as const;

/** What is shown beside the history is of so long, to twice as long. */
const RECENT_MS = 300_000;

type Row = { readonly label: string } & Record<Decided, number>;

export interface DecidedCounts {
  readonly decided: number;
  /** Not accepted. */
  readonly unsure: number;
}

const NOTHING: DecidedCounts = { decided: 0, unsure: 0 };

interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Counts one model's answers by label and decision. On the way of each answer: some additions. */
export class ModelAnswers {
  readonly model: string;
  /** By the label as it was answered; labels without room share one. */
  readonly #rows = new Map<string, Row>();
  readonly #named = new Map<string, Row>();
  readonly #takeRoom: () => boolean;
  readonly scores = SCORE_BOUNDS.map(() => 0);
  scoreSum = 0;
  readonly #counts = { decided: 0, unsure: 0 };

  /** @param takeRoom whether one label more may be told apart. */
  constructor(model: string, takeRoom: () => boolean) {
    this.model = model;
    this.#takeRoom = takeRoom;
  }

  /** @param isOwn its label came with the call. */
  count({ label, score, decision }: ClassifyResult, isOwn: boolean): void {
    const row = isOwn ? this.#rowNamed(OTHER_LABELS) : (this.#rows.get(label) ?? this.#rowFor(label));
    row[decision ?? "none"] += 1;
    if (decision !== undefined) {
      this.#counts.decided += 1;
      if (decision !== "accept") this.#counts.unsure += 1;
    }
    let bucket = 0;
    while (bucket < SCORE_BOUNDS.length && score > (SCORE_BOUNDS[bucket] ?? 1)) bucket += 1;
    // A regression's numbers are no scores.
    if (bucket === SCORE_BOUNDS.length || score < 0) return;
    this.scores[bucket] = (this.scores[bucket] ?? 0) + 1;
    this.scoreSum += score;
  }

  get rows(): Iterable<Row> {
    return this.#named.values();
  }

  /** Since the start. */
  get counts(): DecidedCounts {
    return this.#counts;
  }

  /** Of what has no room nothing is remembered: a model may have 20,000 labels. */
  #rowFor(label: string): Row {
    const name = label.slice(0, LONGEST_LABEL).toWellFormed();
    const hasRoom = this.#named.has(name) || (this.#named.size < MOST_OF_MODEL && this.#takeRoom());
    const row = this.#rowNamed(hasRoom ? name : OTHER_LABELS);
    if (hasRoom) this.#rows.set(label, row);
    return row;
  }

  #rowNamed(name: string): Row {
    let row = this.#named.get(name);
    if (!row) this.#named.set(name, (row = { label: name, accept: 0, ambiguous: 0, unsure: 0, none: 0 }));
    return row;
  }
}

interface Snapshot {
  readonly atMs: number;
  readonly counts: DecidedCounts;
}

/** The answers of all models. */
export class AnswerTally {
  readonly #models = new Map<string, ModelAnswers>();
  readonly #now: () => number;
  readonly #taken = new Map<string, DecidedCounts>();
  #room = MOST_LABELS;
  /** Of five to ten minutes ago, and of the five minutes since. */
  #older: Snapshot;
  #newer: Snapshot;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#older = this.#newer = { atMs: now(), counts: NOTHING };
  }

  /** @param model the name that calls know it by: there are as many as models were served. */
  of(model: string): ModelAnswers {
    let found = this.#models.get(model);
    if (!found) {
      found = new ModelAnswers(model, () => this.#room-- > 0);
      this.#models.set(model, found);
    }
    return found;
  }

  get models(): Iterable<ModelAnswers> {
    return this.#models.values();
  }

  /** Of each model, since this was last asked. */
  take(): ({ readonly model: string } & DecidedCounts)[] {
    return [...this.#models.values()].map(({ model, counts }) => {
      const since = less(counts, this.#taken.get(model) ?? NOTHING);
      this.#taken.set(model, { ...counts });
      return { model, ...since };
    });
  }

  /** To be done often: what `recent` goes by. */
  look(): void {
    const atMs = this.#now();
    if (atMs - this.#newer.atMs < RECENT_MS) return;
    this.#older = this.#newer;
    this.#newer = { atMs, counts: this.#sum() };
  }

  /** Of the last five to ten minutes, or of what there is of them. */
  recent(): DecidedCounts & { readonly unsureShare: number | null } {
    const { decided, unsure } = less(this.#sum(), this.#older.counts);
    return { decided, unsure, unsureShare: decided === 0 ? null : Math.round((unsure / decided) * 1e4) / 1e4 };
  }

  /** Four at most for each label; none that never was. */
  series(): LabelledValue[] {
    return [...this.#models.values()].flatMap(({ model, rows }) =>
      [...rows].flatMap((row) =>
        DECIDED.flatMap((decision) =>
          row[decision] === 0 ? [] : [{ labels: { model, label: row.label, decision }, value: row[decision] }],
        ),
      ),
    );
  }

  #sum(): DecidedCounts {
    let [decided, unsure] = [0, 0];
    for (const { counts } of this.#models.values()) {
      decided += counts.decided;
      unsure += counts.unsure;
    }
    return { decided, unsure };
  }
}

function less(counts: DecidedCounts, earlier: DecidedCounts): DecidedCounts {
  return { decided: counts.decided - earlier.decided, unsure: counts.unsure - earlier.unsure };
}
