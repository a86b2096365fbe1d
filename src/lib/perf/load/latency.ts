import {
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  Int32Histogram,
  type JsHistogram,
} from "hdr-histogram-js";

/** Latencies are kept in microseconds, to three figures, up to an hour. */
const US_PER_MS = 1000;
const LONGEST_US = 3_600_000_000;
const FIGURES = 3;

/** `[from ms, to ms, count]` */
export type LatencyBucket = [number, number, number];

/** How often each latency was measured (HdrHistogram: http://hdrhistogram.org). */
export class Latencies {
  readonly #histogram: JsHistogram;
  #sumMs = 0;

  constructor(histogram: JsHistogram = new Int32Histogram(1, LONGEST_US, FIGURES)) {
    this.#histogram = histogram;
    if (histogram.totalCount > 0) this.#sumMs = (histogram.mean * histogram.totalCount) / US_PER_MS;
  }

  /** Of `encode`. */
  static decode(text: string): Latencies {
    return new Latencies(decodeFromCompressedBase64(text, 32) as JsHistogram);
  }

  static merged(parts: readonly Latencies[]): Latencies {
    const all = new Latencies();
    for (const part of parts) all.add(part);
    return all;
  }

  record(ms: number): void {
    this.#sumMs += ms;
    this.#histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(ms * US_PER_MS))));
  }

  add(other: Latencies): void {
    this.#sumMs += other.#sumMs;
    if (other.count > 0) this.#histogram.add(other.#histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** Null where nothing was measured, as are the next two. */
  get meanMs(): number | null {
    return this.count === 0 ? null : this.#sumMs / this.count;
  }

  get maxMs(): number | null {
    return this.count === 0 ? null : this.#histogram.maxValue / US_PER_MS;
  }

  /** @param share 0 to 1: the latency that this share did not exceed. */
  quantileMs(share: number): number | null {
    return this.count === 0 ? null : this.#histogram.getValueAtPercentile(share * 100) / US_PER_MS;
  }

  /** Counts in buckets that grow evenly on a logarithmic scale, from the first that has any to the last. */
  buckets(perDecade: number): LatencyBucket[] {
    const counts = new Map<number, number>();
    const histogram = this.#histogram;
    for (let index = 0; index < histogram.countsArrayLength; index++) {
      const count = histogram.getCountAtIndex(index);
      if (count === 0) continue;
      const step = Math.floor(Math.log10(histogram.valueFromIndex(index)) * perDecade);
      counts.set(step, (counts.get(step) ?? 0) + count);
    }
    const steps = [...counts.keys()];
    if (steps.length === 0) return [];
    const boundMs = (step: number): number => rounded(10 ** (step / perDecade) / US_PER_MS);
    const [first, last] = [Math.min(...steps), Math.max(...steps)];
    return Array.from({ length: last - first + 1 }, (_, offset) => {
      const step = first + offset;
      return [boundMs(step), boundMs(step + 1), counts.get(step) ?? 0];
    });
  }

  /** As HdrHistogram's V2 format, deflated, in base64. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }
}

/** To four figures, for bounds that are powers of a root. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
