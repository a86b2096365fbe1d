import type { Answer } from "./answer.ts";
import { keptOf } from "./answer.ts";
import { decodeEntry, encodeEntry } from "./entry.ts";
import type { Unusable } from "./entry.ts";
import type { TextKey } from "./keys.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { suffices } from "./tier.ts";
import type { Hit, Keeping, Lookup, Tier } from "./tier.ts";

/** Writes that may be under way; more are dropped, so that a slow Redis holds no memory of ours. */
const MOST_WRITES = 1000;
/** After a write was refused (read-only, out of memory) none is tried for so long. */
const REFUSED_PAUSE_MS = 1000;

/** The tier that is shared by every combot on the same Redis, and survives restarts. */
export class RedisTier implements Tier {
  readonly #connection: RedisConnection;
  readonly #now: () => number;
  readonly #unusable: Record<Unusable, number> = { version: 0, damaged: 0, collision: 0 };
  #hits = 0;
  #misses = 0;
  #writes = 0;
  #droppedWrites = 0;
  #pausedUntilMs = -Infinity;

  /** @param now a clock that never goes back, in ms. */
  constructor(connection: RedisConnection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  find(key: TextKey, lookup: Lookup): Promise<Hit | undefined> | undefined {
    return this.#connection.isUsable ? this.#find(key, lookup) : undefined;
  }

  set(key: TextKey, answer: Answer, { ttlMs }: Keeping): void {
    if (!this.#connection.isUsable) return;
    if (this.#writes >= MOST_WRITES || this.#now() < this.#pausedUntilMs) {
      this.#droppedWrites += 1;
      return;
    }
    void this.#write(key.name, encodeEntry(keptOf(answer), key.sha256), ttlMs);
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

  async #find(key: TextKey, lookup: Lookup): Promise<Hit | undefined> {
    const { name } = key;
    try {
      const [entry, ttlMs] = await this.#connection.run((redis) =>
        Promise.all([redis.getBuffer(name), redis.pttl(name)]),
      );
      const answer = entry === null ? undefined : this.#read(entry, key, lookup);
      if (answer === undefined) this.#misses += 1;
      else this.#hits += 1;
      return answer && { answer, ttlMs: Math.max(0, ttlMs), tier: "redis" };
    } catch {
      return undefined;
    }
  }

  #read(entry: Buffer, key: TextKey, lookup: Lookup): Answer | undefined {
    const answer = decodeEntry(entry, key.sha256, lookup.labels);
    if (typeof answer === "string") {
      this.#unusable[answer] += 1;
      return undefined;
    }
    return suffices(answer, lookup) ? answer : undefined;
  }

  async #write(name: string, entry: Buffer, ttlMs: number): Promise<void> {
    this.#writes += 1;
    try {
      await this.#connection.run((redis) => redis.set(name, entry, "PX", Math.max(1, Math.round(ttlMs))));
    } catch {
      this.#droppedWrites += 1;
      this.#pausedUntilMs = this.#now() + REFUSED_PAUSE_MS;
    } finally {
      this.#writes -= 1;
    }
  }
}
