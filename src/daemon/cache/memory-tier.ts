import { LRUCache } from "lru-cache";
import { KIB, MIB } from "../../lib/units.ts";
import type { Answer } from "./answer.ts";
import { keptOf } from "./answer.ts";
import type { TextKey } from "./keys.ts";
import { suffices } from "./tier.ts";
import type { Hit, Keeping, Lookup, Tier } from "./tier.ts";

interface Entry {
  readonly answer: Answer;
  readonly expiresAtMs: number;
  readonly worker: number | undefined;
  readonly bytes: number;
}

export interface MemoryTierOptions {
  /** Above 0. */
  readonly maxEntries: number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** Bound in bytes: so much for each entry, and no less than this in all. */
const BYTES_AN_ENTRY = 4 * KIB;
const LEAST_BYTES = MIB;
/** A single entry may take this share of the bound; a longer text is not kept. */
const LARGEST_SHARE = 1 / 16;
/** Of V8 and lru-cache for an entry without its text and scores. */
const FIXED_BYTES = 250;
/** Label and score. */
const BYTES_A_SCORE = 16;
const BYTES_A_CHARACTER = 2;

/** No model's digest has the colon. */
function placeOf({ model, text }: TextKey): string {
  return `${model}:${text}`;
}

/**
 * The tier in this process: least recently used out first, bounded in entries and bytes. Keyed by the text itself, so
 * that a hit hashes nothing and no two texts can be taken for each other, and by the model: several may be asked the same.
 */
export class MemoryTier implements Tier {
  readonly maxEntries: number;
  readonly #entries: LRUCache<string, Entry>;
  readonly #now: () => number;
  #takesIn = true;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expired = 0;

  constructor({ maxEntries, now }: MemoryTierOptions) {
    this.maxEntries = maxEntries;
    this.#now = now;
    const maxSize = Math.max(LEAST_BYTES, maxEntries * BYTES_AN_ENTRY);
    this.#entries = new LRUCache({
      max: maxEntries,
      maxSize,
      maxEntrySize: Math.floor(maxSize * LARGEST_SHARE),
      sizeCalculation: ({ bytes }) => bytes,
      dispose: (_entry, _place, reason) => {
        if (reason === "evict") this.#evictions += 1;
      },
    });
  }

  find(key: TextKey, lookup: Lookup): Hit | undefined {
    const place = placeOf(key);
    const entry = this.#entries.get(place);
    const ttlMs = entry === undefined ? 0 : entry.expiresAtMs - this.#now();
    const one = lookup.isCounted === false ? 0 : 1;
    if (entry !== undefined && ttlMs <= 0) {
      this.#expired += one;
      this.#entries.delete(place);
    }
    if (entry === undefined || ttlMs <= 0 || !suffices(entry.answer, lookup)) {
      this.#misses += one;
      return undefined;
    }
    this.#hits += one;
    return { answer: entry.answer, ttlMs, tier: "memory" };
  }

  set(key: TextKey, answer: Answer, { ttlMs, worker }: Keeping): void {
    if (!this.#takesIn) return;
    const kept = keptOf(answer);
    const bytes = FIXED_BYTES + key.text.length * BYTES_A_CHARACTER + kept.ranking.length * BYTES_A_SCORE;
    this.#entries.set(placeOf(key), { answer: kept, expiresAtMs: this.#now() + ttlMs, worker, bytes });
  }

  /** Nothing is counted, and nothing counts as used. */
  has(key: TextKey): boolean {
    const entry = this.#entries.peek(placeOf(key));
    return entry !== undefined && entry.expiresAtMs > this.#now();
  }

  /** How many more put nothing out. */
  get room(): number {
    return this.#takesIn ? this.maxEntries - this.#entries.size : 0;
  }

  get entries(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** Of texts asked for, since the start. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /** Dropped for want of room, by the bounds or by the memory ladder. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Found too old. */
  get expired(): number {
    return this.#expired;
  }

  halve(): void {
    const target = Math.floor(this.#entries.size / 2);
    while (this.#entries.size > target) this.#entries.pop();
  }

  clear(refill: boolean): void {
    this.#evictions += this.#entries.size;
    this.#entries.clear();
    this.#takesIn = refill;
  }

  refill(): void {
    this.#takesIn = true;
  }

  /** Drops what a process computed that was recycled. */
  dropWorker(worker: number): void {
    const gone = [...this.#entries.entries()].filter(([, entry]) => entry.worker === worker);
    for (const [place] of gone) this.#entries.delete(place);
    this.#evictions += gone.length;
  }
}
