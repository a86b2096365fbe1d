import type { Journal } from "../journal/journal.ts";
import type { DecidedStretch } from "../journal/store.ts";
import { BASELINE_MS, deviationOf, STRETCH_MS } from "../policy/drift.ts";

export interface DriftParts {
  readonly journal: Pick<Journal, "answersSince">;
  /** The time of day, in ms since 1970. */
  readonly now: () => number;
  /** What decides of this model's answers now; undefined where it does not serve any more. */
  readonly basisOf: (model: string) => string | undefined;
}

const HOUR_MS = 3_600_000;
const EVERY_MS = 600_000;

/** How far the share of answers that are not accepted has left what it was, read from the journal each ten minutes. */
export class Drift {
  readonly #parts: DriftParts;
  #deviation: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: DriftParts) {
    this.#parts = parts;
  }

  /** Of the model that is furthest off, as a multiple of its own noise; null where there is too little to tell. */
  get deviation(): number | null {
    return this.#deviation;
  }

  start(): void {
    void this.look();
    this.#timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Where the journal can't be read, nothing can be told. */
  async look(): Promise<void> {
    const nowMs = this.#parts.now();
    const hours = await this.#parts.journal
      .answersSince(nowMs - BASELINE_MS - STRETCH_MS, HOUR_MS)
      .catch((): DecidedStretch[] => []);
    this.#deviation = this.#worst(hours, nowMs);
  }

  #worst(hours: readonly DecidedStretch[], nowMs: number): number | null {
    // Of another model, or of other thresholds, is another baseline.
    const current = hours.filter(({ model, basis }) => basis === this.#parts.basisOf(model));
    const deviations = [...Map.groupBy(current, ({ model }) => model).values()].flatMap(
      (own) => deviationOf(own, nowMs) ?? [],
    );
    return deviations.length === 0 ? null : Math.max(...deviations);
  }
}
