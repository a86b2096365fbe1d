import { LATENCY_CLASSES } from "../../protocol/latency-classes.ts";
import type { LatencyClass } from "../../protocol/latency-classes.ts";
import { Latencies } from "./latency.ts";

/** What was answered in one stretch of the run. */
export interface Window {
  /** Requests that were to begin in it and have no outcome yet. */
  pending: number;
  readonly answered: Record<LatencyClass, number>;
  failed: number;
  /** Of the requests that were to begin in it, whenever they were answered. */
  readonly latencies: Latencies;
}

const FIRST_LENGTH_MS = 1000;
const MOST_WINDOWS = 60;

/** Stretches of equal length, a second at first; when there are too many, neighbours are joined. */
export class Windows {
  #lengthMs = FIRST_LENGTH_MS;
  #windows: Window[] = [];

  get lengthMs(): number {
    return this.#lengthMs;
  }

  get all(): readonly Window[] {
    return this.#windows;
  }

  /** @param atMs from the beginning of the run. */
  at(atMs: number): Window {
    while (atMs >= this.#lengthMs * MOST_WINDOWS) this.#join();
    const index = Math.max(0, Math.floor(atMs / this.#lengthMs));
    while (this.#windows.length <= index) this.#windows.push(emptyWindow());
    return this.#windows[index]!;
  }

  #join(): void {
    this.#lengthMs *= 2;
    this.#windows = Array.from({ length: Math.ceil(this.#windows.length / 2) }, (_, index) =>
      joined(this.#windows.slice(2 * index, 2 * index + 2)),
    );
  }
}

function emptyWindow(): Window {
  return { pending: 0, answered: { memory: 0, redis: 0, computed: 0 }, failed: 0, latencies: new Latencies() };
}

function joined(windows: readonly Window[]): Window {
  const sum = emptyWindow();
  for (const { pending, answered, failed, latencies } of windows) {
    sum.pending += pending;
    for (const name of LATENCY_CLASSES) sum.answered[name] += answered[name];
    sum.failed += failed;
    sum.latencies.add(latencies);
  }
  return sum;
}
