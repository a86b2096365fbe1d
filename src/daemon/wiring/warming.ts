import { setTimeout as delay } from "node:timers/promises";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { WarmEvent, WarmRequest } from "../../lib/protocol/warm.ts";
import type { Caching } from "./caching.ts";
import type { Governor } from "../governor/governor.ts";
import type { Journaling } from "./journaling.ts";
import { StoreFault } from "../journal/store.ts";
import type { Logger } from "../log/log.ts";
import { Warmer } from "../jobs/warmer.ts";
import type { FrequentTexts } from "../jobs/warmer.ts";
import type { Models } from "../residency/models.ts";

export interface WarmingParts {
  readonly settings: Settings;
  readonly models: Models;
  readonly caching: Caching;
  readonly governor: Governor;
  readonly journaling: Journaling | undefined;
  readonly log: Logger;
}

/** Of the journal's most frequent texts, so many are warmed. */
const MOST_TEXTS = 2000;
/** Until the journal is open, and until another warming is over. */
const RETRY_MS = 1000;

/** Warming by hand, and with CACHE_WARM by itself. */
export class Warming {
  readonly #parts: WarmingParts;
  readonly #warmer: Warmer;
  readonly #texts: FrequentTexts;
  readonly #stop = new AbortController();
  #wanted: string | undefined;
  #refilling = false;

  constructor(parts: WarmingParts) {
    const { models, caching, governor, journaling } = parts;
    this.#parts = parts;
    this.#texts = frequentTexts(journaling);
    this.#warmer = new Warmer({
      engine: () => models.current,
      cache: caching.answers,
      level: () => governor.level,
      now: () => performance.now(),
    });
  }

  /** At the start, and whenever Redis comes back: it may have lost all that it had. What it still has costs a look. */
  start(): void {
    this.refill("start");
    this.#parts.caching.redis?.onUp(() => this.refill("Redis is back"));
  }

  stop(): void {
    this.#stop.abort();
  }

  /** By hand. @throws {CombotError} `WARMING_RUNS`, `JOURNAL_OFF`, `JOURNAL_UNAVAILABLE` before anything is done. */
  async warm({ texts }: WarmRequest, signal: AbortSignal): Promise<AsyncGenerator<WarmEvent, void>> {
    const any = AbortSignal.any([signal, this.#stop.signal]);
    return this.#warmer.warm(texts ?? (await this.#texts.frequent(MOST_TEXTS)), any);
  }

  /** By itself, where CACHE_WARM is on. */
  refill(why: string): void {
    if (!this.#parts.settings.cacheWarm || this.#stop.signal.aborted) return;
    this.#wanted = why;
    if (!this.#refilling) void this.#refill();
  }

  async #refill(): Promise<void> {
    const { log } = this.#parts;
    this.#refilling = true;
    while (this.#wanted !== undefined && !this.#stop.signal.aborted) {
      const why = this.#wanted;
      try {
        this.#wanted = undefined;
        for await (const { event, data } of await this.warm({}, this.#stop.signal))
          if (event === "done") log.info({ ...data, why }, "cache warmed");
      } catch (error) {
        if (!(error instanceof CombotError)) throw error;
        if (error.code === "JOURNAL_OFF") log.warn({ why }, `the cache is not warmed: ${messageOf(error)}`);
        else this.#wanted ??= why;
        const { signal } = this.#stop;
        await delay(RETRY_MS, undefined, { ref: false, signal }).catch(() => undefined);
      }
    }
    this.#refilling = false;
  }
}

function frequentTexts(journaling: Journaling | undefined): FrequentTexts {
  return {
    frequent: async (limit) => {
      if (!journaling) throw new CombotError("JOURNAL_OFF", "DATABASE_URL is off: no journal names frequent texts");
      try {
        const kept = await journaling.journal.frequentTexts(limit);
        return kept.flatMap(({ text }) => text ?? []);
      } catch (error) {
        if (!(error instanceof StoreFault)) throw error;
        throw new CombotError("JOURNAL_UNAVAILABLE", error.message, { cause: error, retryAfterSeconds: 1 });
      }
    },
  };
}
