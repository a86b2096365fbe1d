import { LastTimes } from "./last-times.ts";

/** What came of one model in a minute. */
export interface ModelMinute {
  /** Calls that were answered, or failed through no fault of the caller. */
  readonly requests: number;
  /** Of these, the ones that failed. */
  readonly failures: number;
  readonly texts: number;
  /** Of these, those that no worker computed. */
  readonly cachedTexts: number;
  /** What the answered calls took, all together. */
  readonly answeredMs: number;
  /** Of the last 1024 answers that were computed; null where there was none. */
  readonly p99Ms: number | null;
  readonly loads: number;
  readonly evictions: number;
}

/** What was counted of one model since it was last taken. Load tests are nobody's history. */
export class MinuteUses {
  #counts = none();
  #computed = new LastTimes();

  answered(texts: number, cachedTexts: number, tookMs: number): void {
    this.#counts.requests += 1;
    this.#counts.texts += texts;
    this.#counts.cachedTexts += cachedTexts;
    this.#counts.answeredMs += tookMs;
    if (cachedTexts < texts) this.#computed.add(tookMs);
  }

  failed(): void {
    this.#counts.requests += 1;
    this.#counts.failures += 1;
  }

  loaded(): void {
    this.#counts.loads += 1;
  }

  evicted(): void {
    this.#counts.evictions += 1;
  }

  /** The counts, which begin anew; undefined where nothing came of it. */
  take(): ModelMinute | undefined {
    const [counts, computed] = [this.#counts, this.#computed];
    if (counts.requests + counts.loads + counts.evictions === 0) return undefined;
    [this.#counts, this.#computed] = [none(), new LastTimes()];
    return { ...counts, p99Ms: computed.quantile(0.99) };
  }
}

function none() {
  return { requests: 0, failures: 0, texts: 0, cachedTexts: 0, answeredMs: 0, loads: 0, evictions: 0 };
}
