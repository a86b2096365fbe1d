const BUCKETS = 60;
const BUCKET_MS = 5000;

/** Hits of lookups, since the start and over the last 5 minutes. */
export class HitRate {
  readonly #now: () => number;
  readonly #hits = new Uint32Array(BUCKETS);
  readonly #lookups = new Uint32Array(BUCKETS);
  #bucket: number;
  #allHits = 0;
  #allLookups = 0;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#bucket = Math.floor(now() / BUCKET_MS);
  }

  hit(): void {
    const at = this.#turn();
    this.#hits[at]! += 1;
    this.#lookups[at]! += 1;
    this.#allHits += 1;
    this.#allLookups += 1;
  }

  miss(): void {
    this.#lookups[this.#turn()]! += 1;
    this.#allLookups += 1;
  }

  get hits(): number {
    return this.#allHits;
  }

  get lookups(): number {
    return this.#allLookups;
  }

  /** 0 to 1; null before the first lookup. */
  get overall(): number | null {
    return ratio(this.#allHits, this.#allLookups);
  }

  get recent(): number | null {
    this.#turn();
    return ratio(sum(this.#hits), sum(this.#lookups));
  }

  #turn(): number {
    const bucket = Math.floor(this.#now() / BUCKET_MS);
    for (let at = Math.max(this.#bucket + 1, bucket - BUCKETS + 1); at <= bucket; at++) {
      this.#hits[at % BUCKETS] = 0;
      this.#lookups[at % BUCKETS] = 0;
    }
    this.#bucket = bucket;
    return bucket % BUCKETS;
  }
}

function sum(values: Uint32Array): number {
  return values.reduce((a, b) => a + b, 0);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1e4) / 1e4;
}
