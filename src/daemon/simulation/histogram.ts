/** Each column is so much wider than the one before: a quantile is right to half of that. */
const GROWTH = 1.01;
const LOWEST_MS = 0.01;
const COLUMNS = 2000;

/** How often each latency came up, in ms from 0.01 to over an hour. */
export class Histogram {
  readonly #counts = new Uint32Array(COLUMNS);
  #count = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  get meanMs(): number | null {
    return this.#count === 0 ? null : this.#sumMs / this.#count;
  }

  record(ms: number): void {
    this.#counts[columnOf(ms)]! += 1;
    this.#count += 1;
    this.#sumMs += ms;
  }

  add(other: Histogram): void {
    other.#counts.forEach((count, column) => (this.#counts[column]! += count));
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
  }

  /** To the width of a column. */
  countAbove(ms: number): number {
    let count = 0;
    for (let column = columnOf(ms) + 1; column < COLUMNS; column++) count += this.#counts[column]!;
    return count;
  }

  /** @param share 0 to 1. */
  quantileMs(share: number): number | null {
    if (this.#count === 0) return null;
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (let column = 0; column < COLUMNS; column++) {
      left -= this.#counts[column]!;
      if (left <= 0) return LOWEST_MS * GROWTH ** (column + 0.5);
    }
    return LOWEST_MS * GROWTH ** COLUMNS;
  }
}

function columnOf(ms: number): number {
  const column = Math.floor(Math.log(Math.max(ms, LOWEST_MS) / LOWEST_MS) / Math.log(GROWTH));
  return Math.min(COLUMNS - 1, column);
}
