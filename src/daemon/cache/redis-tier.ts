import type { Answer } from "./answer.ts";
import { keptOf } from "./answer.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import type { Unusable } from "./entry.ts";
import type { TextKey } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { RedisReads } from "./redis-reads.ts";
import { isRefusal } from "./redis-refusals.ts";
import { suffices } from "./tier.ts";
import type { Hit, Keeping, Lookup, Tier } from "./tier.ts";

/** Writes that may be under way; more are dropped, so that a slow Redis holds no memory of ours. */
const MOST_WRITES = 1000;
/** Nobody waits for one. */
const WRITE_DEADLINE_MS = 500;
/** After a write was refused (read-only, out of memory) none is tried for so long. */
const REFUSED_PAUSE_MS = 1000;

export interface RedisTierOptions {
  readonly connection: RedisConnection;
  /** No entry is said to have more left, whatever the clock of another machine says. */
  readonly mostTtlMs: () => number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** The time of day, in ms since 1970. */
  readonly wallClock: () => number;
}

/** The tier that is shared by every combot on the same Redis, and survives restarts. */
export class RedisTier implements Tier {
  readonly #options: RedisTierOptions;
  readonly #connection: RedisConnection;
  readonly #reads: RedisReads;
  readonly #unusable: Record<Unusable, number> = { version: 0, damaged: 0, collision: 0 };
  #hits = 0;
  #misses = 0;
  #writes = 0;
  #droppedWrites = 0;
  #pausedUntilMs = -Infinity;

  constructor(options: RedisTierOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#reads = new RedisReads(options.connection);
  }

  find(key: TextKey, lookup: Lookup): Promise<Hit | undefined> | undefined {
    return this.#connection.isUsable ? this.#find(key, lookup) : undefined;
  }

  get isUsable(): boolean {
    return this.#connection.isUsable;
  }

  /** As `find`, but nothing is counted. */
  async peek(key: TextKey, lookup: Lookup): Promise<Hit | undefined> {
    return this.find(key, { ...lookup, isCounted: false });
  }

  set(key: TextKey, answer: Answer, { ttlMs }: Keeping): void {
    if (!this.#connection.isUsable) return;
    if (this.#writes >= MOST_WRITES || this.#options.now() < this.#pausedUntilMs) {
      this.#droppedWrites += 1;
      return;
    }
    const kept = { answer: keptOf(answer), expiresAtMs: this.#options.wallClock() + ttlMs };
    void this.#write(key.name, encodeEntry(kept, key.sha256), ttlMs);
  }

  /** Of texts asked for, since the start. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /** Entries that were there and could not be used, by reason. */
  get unusable(): Readonly<Record<Unusable, number>> {
    return this.#unusable;
  }

  /** Answers that were not written, because Redis was too slow or took nothing. */
  get droppedWrites(): number {
    return this.#droppedWrites;
  }

  /** @returns undefined too where Redis did not say, which is neither a hit nor a miss. */
  #find(key: TextKey, lookup: Lookup): Promise<Hit | undefined> {
    const found = (entry: Buffer | null): Hit | undefined => {
      const hit = this.#read(entry, key, lookup);
      if (lookup.isCounted === false) return hit;
      if (hit) this.#hits += 1;
      else this.#misses += 1;
      return hit;
    };
    return this.#reads.get(key.name).then(found, didNotSay);
  }

  #read(entry: Buffer | null, key: TextKey, lookup: Lookup): Hit | undefined {
    if (entry === null) return undefined;
    const kept = decodeEntry(entry, key.sha256, lookup.labels);
    if (typeof kept === "string") {
      this.#unusable[kept] += 1;
      return undefined;
    }
    const { answer, expiresAtMs } = kept;
    if (!suffices(answer, lookup)) return undefined;
    const { wallClock, mostTtlMs } = this.#options;
    return { answer, ttlMs: Math.min(mostTtlMs(), Math.max(0, expiresAtMs - wallClock())), tier: "redis" };
  }

  async #write(name: string, entry: Buffer, ttlMs: number): Promise<void> {
    this.#writes += 1;
    try {
      const px = Math.max(1, Math.round(ttlMs));
      await this.#connection.write((redis) => redis.set(name, entry, "PX", px), WRITE_DEADLINE_MS);
    } catch (error) {
      this.#droppedWrites += 1;
      if (isRefusal(error)) this.#pausedUntilMs = this.#options.now() + REFUSED_PAUSE_MS;
    } finally {
      this.#writes -= 1;
    }
  }
}

function didNotSay(): undefined {
  return undefined;
}
