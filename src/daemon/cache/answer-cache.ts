import type { Answer } from "./answer.ts";
import { HitRate } from "./hit-rate.ts";
import type { KeyScheme, TextKey } from "./keys.ts";
import type { MemoryTier } from "./memory-tier.ts";
import type { RedisTier } from "./redis-tier.ts";
import type { Hit, Lookup, Tier } from "./tier.ts";
import { TieredCache } from "./tiered.ts";

export interface AnswerCacheOptions {
  readonly keys: KeyScheme;
  readonly memory: MemoryTier;
  /** Undefined where Redis is off. */
  readonly redis: RedisTier | undefined;
  readonly ttlMs: () => number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** The cache of classifications, and what it was good for. */
export class AnswerCache {
  readonly memory: MemoryTier;
  readonly redis: RedisTier | undefined;
  readonly rate: HitRate;
  readonly #tier: Tier;
  readonly #keys: KeyScheme;
  readonly #ttlMs: () => number;
  #coalesced = 0;

  constructor({ keys, memory, redis, ttlMs, now }: AnswerCacheOptions) {
    this.memory = memory;
    this.redis = redis;
    this.rate = new HitRate(now);
    this.#tier = redis ? new TieredCache(memory, redis) : memory;
    this.#keys = keys;
    this.#ttlMs = ttlMs;
  }

  keyOf(model: string, text: string): TextKey {
    return this.#keys.keyOf(model, text);
  }

  /** Whoever asks says what came of it: `hit`, `miss` or `coalesced`, once a text. */
  find(key: TextKey, lookup: Lookup): Hit | undefined | Promise<Hit | undefined> {
    return this.#tier.find(key, lookup);
  }

  keep(key: TextKey, answer: Answer, worker: number | undefined): void {
    this.#tier.set(key, answer, { ttlMs: this.#ttlMs(), worker });
  }

  /** Whether it is there, whole; asked for warming, so nothing is counted. */
  async holds(key: TextKey, labels: number): Promise<boolean> {
    const lookup = { labels, topK: 1 };
    if (!this.redis?.isUsable) return this.memory.has(key);
    const hit = await this.redis.peek(key, lookup);
    if (hit && hit.ttlMs > 0 && this.memory.room > 0) this.memory.set(key, hit.answer, { ttlMs: hit.ttlMs });
    return hit !== undefined;
  }

  /** How many more can be kept without putting out what is there. */
  get room(): number {
    return this.redis?.isUsable ? Infinity : this.memory.room;
  }

  /** As `keep`, but nothing live goes for it. */
  warm(key: TextKey, answer: Answer, worker: number | undefined): void {
    const keeping = { ttlMs: this.#ttlMs(), worker };
    if (this.memory.room > 0) this.memory.set(key, answer, keeping);
    this.redis?.set(key, answer, keeping);
  }

  hit(): void {
    this.rate.hit();
  }

  miss(): void {
    this.rate.miss();
  }

  joined(): void {
    this.#coalesced += 1;
  }

  /** Texts answered by a computation that an equal text had begun; neither hits nor misses. */
  get coalesced(): number {
    return this.#coalesced;
  }
}
