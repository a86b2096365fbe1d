/** Enough to tell a p99 of. */
const KEPT = 1024;

/** The last so many times, in ms. */
export class LastTimes {
  readonly #times: number[] = [];
  #next = 0;

  add(ms: number): void {
    this.#times[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** @param share 0 to 1. @returns null before the first. */
  quantile(share: number): number | null {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  }
}
