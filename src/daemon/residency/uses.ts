import { ERRORS } from "../../lib/error-table.ts";
import { CombotError } from "../../lib/errors.ts";
import { RefusedElsewhere } from "../../lib/joint-admission.ts";
import type { ClassifyReply } from "../../lib/protocol/classify.ts";
import { LastTimes } from "./last-times.ts";
import { MinuteUses } from "./minute-uses.ts";

/** A reply that is at hand, or one that has to be waited for. */
export type Answered = ClassifyReply | Promise<ClassifyReply>;

/** What became of one model since it was opened. Times are of a clock that never goes back, in ms. */
export class Uses {
  loads = 0;
  /** What all of them took together. */
  loadsTookMs = 0;
  evictions = 0;
  /** When it last came to serve, and what that load took; 0 before the first. */
  loadedAtMs = 0;
  loadTookMs = 0;
  /** All that its loads took that came after it had been ended for others. */
  reloadMs = 0;
  /** When a text last asked for it; null before the first. */
  lastAtMs: number | null = null;
  /** Calls that were answered, and how long these took; and those that failed through no fault of the caller. */
  answered = 0;
  answeredMs = 0;
  failed = 0;
  /** Texts that were answered, and of these those that no worker computed. */
  texts = 0;
  cachedTexts = 0;
  /** For the journal. */
  readonly minute = new MinuteUses();
  readonly #computed = new LastTimes();
  #evictionsBefore = 0;

  /**
   * Asks the model, and counts what comes of it; a reply that is at hand comes at once.
   *
   * @param isTest of a load test's, which is in no history.
   */
  call(nowMs: number, ask: () => Answered, isTest = false): Answered {
    this.lastAtMs = nowMs;
    try {
      const reply = ask();
      if (reply instanceof Promise) return this.#whenAnswered(reply, isTest);
      this.#count(reply, isTest);
      return reply;
    } catch (error) {
      this.#countFailure(error, isTest);
      throw error;
    }
  }

  loaded(nowMs: number, tookMs: number): void {
    this.loads += 1;
    this.minute.loaded();
    if (this.evictions > this.#evictionsBefore) this.reloadMs += tookMs;
    this.#evictionsBefore = this.evictions;
    this.loadsTookMs += tookMs;
    this.loadedAtMs = nowMs;
    this.loadTookMs = tookMs;
  }

  /** It was ended to make room for another. */
  evicted(): void {
    this.evictions += 1;
    this.minute.evicted();
  }

  async #whenAnswered(coming: Promise<ClassifyReply>, isTest: boolean): Promise<ClassifyReply> {
    try {
      const reply = await coming;
      this.#count(reply, isTest);
      return reply;
    } catch (error) {
      this.#countFailure(error, isTest);
      throw error;
    }
  }

  #countFailure(error: unknown, isTest: boolean): void {
    if (!isFailure(error)) return;
    this.failed += 1;
    if (!isTest) this.minute.failed();
  }

  #count({ results, durationMs }: ClassifyReply, isTest: boolean): void {
    let cached = 0;
    for (const result of results) if (result.cached !== false) cached += 1;
    this.answered += 1;
    this.answeredMs += durationMs;
    this.texts += results.length;
    this.cachedTexts += cached;
    if (!isTest) this.minute.answered(results.length, cached, durationMs);
    if (cached === results.length) return;
    this.#computed.add(durationMs);
  }

  /** Of the answers that were computed last; null before the first. */
  get p99Ms(): number | null {
    return this.#computed.quantile(0.99);
  }
}

/** What a part that was refused for another's sake throws is nobody's failure, as is that a client went. */
function isFailure(error: unknown): boolean {
  if (error instanceof CombotError) return error.code !== "CLIENT_GONE" && ERRORS[error.code].http >= 500;
  return !(error instanceof RefusedElsewhere);
}
