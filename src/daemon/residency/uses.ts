/** The last so many computed answers are enough to tell a p99 of. */
const KEPT = 512;

/** What became of one model since it was opened. Times are of a clock that never goes back, in ms. */
export class Uses {
  loads = 0;
  evictions = 0;
  /** That asked it, cached answers too. */
  calls = 0;
  /** When it last came to serve, and what that load took; 0 before the first. */
  loadedAtMs = 0;
  loadTookMs = 0;
  /** All that its loads took that came after it had been ended for others. */
  reloadMs = 0;
  /** When a text last asked for it; null before the first. */
  lastAtMs: number | null = null;
  readonly #tookMs: number[] = [];
  #evictionsBefore = 0;
  #next = 0;

  used(nowMs: number): void {
    this.lastAtMs = nowMs;
    this.calls += 1;
  }

  loaded(nowMs: number, tookMs: number): void {
    this.loads += 1;
    if (this.evictions > this.#evictionsBefore) this.reloadMs += tookMs;
    this.#evictionsBefore = this.evictions;
    this.loadedAtMs = nowMs;
    this.loadTookMs = tookMs;
  }

  computed(tookMs: number): void {
    this.#tookMs[this.#next] = tookMs;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** Of the answers that were computed last; null before the first. */
  get p99Ms(): number | null {
    const sorted = this.#tookMs.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? null;
  }
}
