import { KIB, MIB } from "../../lib/units.ts";
import type { Answer } from "./answer.ts";
import { keptOf } from "./answer.ts";
import { EntriesByModel } from "./entries-by-model.ts";
import type { TextKey } from "./keys.ts";
import { suffices } from "./tier.ts";
import type { Hit, Keeping, Lookup, Tier } from "./tier.ts";

interface Entry {
  readonly answer: Answer;
  readonly expiresAtMs: number;
  readonly worker: number | undefined;
  readonly bytes: number;
  use: number;
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

/**
 * The tier in this process: least recently used out first, bounded in entries and bytes. Keyed by the text itself, so
 * that a hit makes no hash and no two texts can be taken for each other, and by the model: several may be asked the same.
 */
export class MemoryTier implements Tier {
  readonly maxEntries: number;
  readonly #entries: EntriesByModel<Entry>;
  readonly #now: () => number;
  #takesIn = true;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #expired = 0;

  constructor({ maxEntries, now }: MemoryTierOptions) {
    this.maxEntries = maxEntries;
    this.#now = now;
    const maxBytes = Math.max(LEAST_BYTES, maxEntries * BYTES_AN_ENTRY);
    const maxEntryBytes = Math.floor(maxBytes * LARGEST_SHARE);
    this.#entries = new EntriesByModel({ maxEntries, maxBytes, maxEntryBytes }, (count) => (this.#evictions += count));
  }

  find(key: TextKey, lookup: Lookup): Hit | undefined {
    const entry = this.#entries.get(key.model, key.text);
    const ttlMs = entry === undefined ? 0 : entry.expiresAtMs - this.#now();
    const one = lookup.isCounted === false ? 0 : 1;
    if (entry !== undefined && ttlMs <= 0) {
      this.#expired += one;
      this.#entries.delete(key.model, key.text);
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
    const entry = { answer: kept, expiresAtMs: this.#now() + ttlMs, worker, bytes, use: 0 };
    this.#entries.set(key.model, key.text, entry);
  }

  /** Nothing is counted, and nothing counts as used. */
  has(key: TextKey): boolean {
    const entry = this.#entries.peek(key.model, key.text);
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
    return this.#entries.bytes;
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
    this.#entries.evict(Math.ceil(this.#entries.size / 2));
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
    this.#evictions += this.#entries.deleteAll((entry) => entry.worker === worker);
  }
}
