import type { Answer } from "../cache/answer.ts";
import { keptCount } from "../cache/answer.ts";
import type { TextKey } from "../cache/keys.ts";
import { MemoryTier } from "../cache/memory-tier.ts";
import type { TierName } from "../cache/tier.ts";

export interface AnswersOptions {
  readonly texts: readonly string[];
  readonly labels: number;
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly isRedisOn: boolean;
  readonly now: () => number;
}

/** The daemon's own memory tier, with what the real one would be asked; and a Redis that keeps all until it is too old. */
export class Answers {
  readonly memory: MemoryTier;
  readonly #options: AnswersOptions;
  readonly #keys: readonly TextKey[];
  readonly #answer: Answer;
  /** When each is too old, by text. */
  readonly #redis = new Map<number, number>();

  constructor(options: AnswersOptions) {
    const { texts, labels, maxEntries, now } = options;
    this.#options = options;
    this.memory = new MemoryTier({ maxEntries, now });
    this.#keys = texts.map((text) => ({ model: "model", text, name: "", sha256: "" }));
    const kept = Array.from({ length: keptCount(labels) }, (_, label) => label);
    this.#answer = { ranking: kept, millionths: kept, truncated: false };
  }

  find(rank: number): TierName | undefined {
    const key = this.#keys[rank];
    if (!key) return undefined;
    if (this.memory.find(key, { labels: this.#options.labels, topK: 1 })) return "memory";
    const leftMs = (this.#redis.get(rank) ?? 0) - this.#options.now();
    if (leftMs <= 0) return undefined;
    this.memory.set(key, this.#answer, { ttlMs: leftMs });
    return "redis";
  }

  keep(rank: number, worker: number): void {
    const key = this.#keys[rank];
    if (!key) return;
    const { ttlMs, isRedisOn, now } = this.#options;
    this.memory.set(key, this.#answer, { ttlMs, worker });
    if (isRedisOn) this.#redis.set(rank, now() + ttlMs);
  }
}
