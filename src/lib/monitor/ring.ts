/** Seconds that are kept. */
export const RING_SECONDS = 600;

/** One figure a second of the last ten minutes: as large on the first day as on the hundredth. */
export class Ring {
  readonly #values = new Float64Array(RING_SECONDS).fill(NaN);
  #second = -1;

  /** A second in which nothing is put is one in which nothing was measured; of two in one second the later counts. */
  put(value: number | null, atMs: number): void {
    const second = Math.floor(atMs / 1000);
    if (second < this.#second) return;
    for (let gap = Math.max(this.#second + 1, second - RING_SECONDS + 1); gap < second; gap++) {
      this.#values[gap % RING_SECONDS] = NaN;
    }
    this.#values[second % RING_SECONDS] = value ?? NaN;
    this.#second = second;
  }

  /**
   * The last `count` stretches of `stepSeconds`, oldest first, each as its highest figure: a peak must show. Stretches
   * begin at multiples of the step, so that a figure stays in the one that it came to; null where nothing was measured.
   */
  peaks(count: number, stepSeconds: number, nowMs: number): (number | null)[] {
    const last = Math.floor(Math.floor(nowMs / 1000) / stepSeconds);
    return Array.from({ length: count }, (_, index) =>
      this.#peak((last - count + 1 + index) * stepSeconds, stepSeconds),
    );
  }

  #peak(from: number, seconds: number): number | null {
    let highest = NaN;
    const oldest = Math.max(0, this.#second - RING_SECONDS + 1);
    for (let second = Math.max(from, oldest); second < from + seconds && second <= this.#second; second++) {
      const value = this.#values[second % RING_SECONDS] ?? NaN;
      if (Number.isNaN(highest) || value > highest) highest = value;
    }
    return Number.isNaN(highest) ? null : highest;
  }
}
