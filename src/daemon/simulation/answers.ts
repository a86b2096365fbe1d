import type { Answer } from "../cache/answer.ts";
import { keptCount } from "../cache/answer.ts";
import type { TextKey } from "../cache/keys.ts";
import { MemoryTier } from "../cache/memory-tier.ts";
import type { TierName } from "../cache/tier.ts";
import { LoneRedis, type SimulatedRedis } from "./simulated-redis.ts";

export interface AnswersOptions {
  readonly texts: readonly string[];
  readonly labels: number;
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly isRedisOn: boolean;
  /** Left out: one that no other daemon asks. */
  readonly redis?: SimulatedRedis;
  readonly now: () => number;
}

/** The daemon's own memory tier, with what the real one would be asked, and a Redis behind it. */
export class Answers {
  readonly memory: MemoryTier;
  readonly #options: AnswersOptions;
  readonly #keys: readonly TextKey[];
  readonly #answer: Answer;
  readonly #redis: SimulatedRedis;

  constructor(options: AnswersOptions) {
    const { texts, labels, maxEntries, now } = options;
    this.#options = options;
    this.#redis = options.redis ?? new LoneRedis();
    this.memory = new MemoryTier({ maxEntries, now });
    this.#keys = texts.map((text) => ({ model: "model", text, name: "", sha256: "" }));
    const kept = Array.from({ length: keptCount(labels) }, (_, label) => label);
    this.#answer = { ranking: kept, millionths: kept, truncated: false };
  }

  /** What the last look into Redis waited for its turn there, in ms. */
  get redisWaitMs(): number {
    return this.#options.isRedisOn ? this.#redis.waitMs : 0;
  }

  find(rank: number): TierName | undefined {
    const { labels, isRedisOn, now } = this.#options;
    const key = this.#keys[rank];
    if (key && this.memory.find(key, { labels, topK: 1 })) return "memory";
    const leftMs = (isRedisOn ? this.#redis.read(rank) : 0) - now();
    if (!key || leftMs <= 0) return undefined;
    this.memory.set(key, this.#answer, { ttlMs: leftMs });
    return "redis";
  }

  keep(rank: number, worker: number): void {
    const key = this.#keys[rank];
    const { ttlMs, isRedisOn, now } = this.#options;
    if (key) this.memory.set(key, this.#answer, { ttlMs, worker });
    if (isRedisOn) this.#redis.write(rank, now() + ttlMs);
  }
}
