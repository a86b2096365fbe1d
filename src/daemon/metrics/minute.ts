import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { LatencyClass } from "../../lib/protocol/latency-classes.ts";
import { Quantiles } from "./quantiles.ts";

export interface MinuteCounts {
  readonly requests: number;
  readonly errors: number;
  readonly texts: number;
  /** Texts answered from a cache. */
  readonly hits: number;
  readonly misses: number;
  readonly recycles: number;
  /** Quantiles in ms, by class; null where nothing was measured. */
  readonly latencies: Readonly<Record<LatencyClass, Readonly<Record<"p50" | "p90" | "p99", number | null>>>>;
}

/** What was counted since it was last taken: the journal's minute. */
export class MinuteTally {
  readonly #now: () => number;
  #quantiles: Readonly<Record<LatencyClass, Quantiles>>;
  #counts = { requests: 0, errors: 0, texts: 0, hits: 0, misses: 0, recycles: 0 };

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#quantiles = this.#fresh();
  }

  /** @param durationMs left out for what is no latency of the service. */
  answered(source: LatencyClass, texts: number, durationMs?: number): void {
    this.#counts.requests += 1;
    this.#counts.texts += texts;
    this.#counts[source === "computed" ? "misses" : "hits"] += texts;
    if (durationMs !== undefined) this.#quantiles[source].add(durationMs);
  }

  failed(): void {
    this.#counts.requests += 1;
    this.#counts.errors += 1;
  }

  recycled(): void {
    this.#counts.recycles += 1;
  }

  /** The counts, which begin anew. */
  take(): MinuteCounts {
    const [counts, quantiles] = [this.#counts, this.#quantiles];
    this.#counts = { requests: 0, errors: 0, texts: 0, hits: 0, misses: 0, recycles: 0 };
    this.#quantiles = this.#fresh();
    const of = (source: LatencyClass) => {
      const at = (share: number): number | null => quantiles[source].at(share);
      return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
    };
    return { ...counts, latencies: byClass(of) };
  }

  #fresh(): Readonly<Record<LatencyClass, Quantiles>> {
    return byClass(() => new Quantiles(this.#now, Infinity));
  }
}

function byClass<T>(of: (source: LatencyClass) => T): Record<LatencyClass, T> {
  return Object.fromEntries(LATENCY_CLASSES.map((source) => [source, of(source)])) as Record<LatencyClass, T>;
}
