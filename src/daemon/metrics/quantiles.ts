/** Each bucket ends 2 % above its beginning, so that a value is told to within 1 %. */
const GROWTH = 1.02;
const LEAST_MS = 0.01;
/** The last bucket begins past ten minutes, which no request takes. */
const BUCKETS = 910;

/**
 * Quantiles of durations over the last one to two windows: two sets of counts that take turns. Adding one is a logarithm
 * and an increment, whatever was added before.
 */
export class Quantiles {
  readonly #now: () => number;
  readonly #windowMs: number;
  #counts = new Uint32Array(BUCKETS);
  #before = new Uint32Array(BUCKETS);
  #turnsAtMs: number;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number, windowMs: number) {
    this.#now = now;
    this.#windowMs = windowMs;
    this.#turnsAtMs = now() + windowMs;
  }

  add(ms: number): void {
    this.#turn();
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** @param share from 0 to 1. @returns ms, or null where nothing was added. */
  at(share: number): number | null {
    return this.atEach([share])[0] ?? null;
  }

  /** Several at once, for one walk through the counts. @param shares rising. */
  atEach(shares: readonly number[]): (number | null)[] {
    this.#turn();
    const total = this.#total();
    if (total === 0) return shares.map(() => null);
    let [bucket, seen] = [-1, 0];
    return shares.map((share) => {
      const wanted = Math.max(1, Math.ceil(share * total));
      while (seen < wanted && bucket < BUCKETS - 1) {
        bucket += 1;
        seen += (this.#counts[bucket] ?? 0) + (this.#before[bucket] ?? 0);
      }
      return LEAST_MS * GROWTH ** (bucket - 0.5);
    });
  }

  #total(): number {
    let total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      total += (this.#counts[bucket] ?? 0) + (this.#before[bucket] ?? 0);
    }
    return total;
  }

  #turn(): void {
    const nowMs = this.#now();
    if (nowMs < this.#turnsAtMs) return;
    const isFresh = nowMs < this.#turnsAtMs + this.#windowMs;
    const spare = this.#before.fill(0);
    this.#before = isFresh ? this.#counts : spare;
    this.#counts = isFresh ? spare : this.#counts.fill(0);
    this.#turnsAtMs = isFresh ? this.#turnsAtMs + this.#windowMs : nowMs + this.#windowMs;
  }
}

/** Bucket b holds what is above LEAST_MS × GROWTH ^ (b − 1), up to LEAST_MS × GROWTH ^ b. */
function bucketOf(ms: number): number {
  const bucket = Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH));
  return Math.min(BUCKETS - 1, Math.max(0, bucket));
}
