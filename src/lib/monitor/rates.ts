interface Reading {
  readonly value: number;
  readonly atMs: number;
}

/** What a counter grew by in a second; null before the second reading, and where it began anew. */
export class RateMeter {
  readonly #spanMs: number;
  #readings: Reading[] = [];

  /** @param spanMs over how long; 0: since the last reading. */
  constructor(spanMs = 0) {
    this.#spanMs = spanMs;
  }

  next(value: number, atMs: number): number | null {
    const last = this.#readings.at(-1);
    if (last && (value < last.value || atMs <= last.atMs)) this.#readings = [];
    this.#readings.push({ value, atMs });
    // The first one stays that is no younger than the span.
    while (this.#readings.length > 2 && atMs - this.#readings[1]!.atMs >= this.#spanMs) this.#readings.shift();
    const [first] = this.#readings;
    return this.#readings.length < 2 || !first ? null : ((value - first.value) * 1000) / (atMs - first.atMs);
  }

  reset(): void {
    this.#readings = [];
  }
}
