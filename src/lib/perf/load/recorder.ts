import type { LatencyClass } from "../../protocol/latency-classes.ts";
import type { Outcome } from "./caller.ts";
import { Latencies } from "./latency.ts";
import { Windows } from "./windows.ts";

/** Counts what came of each request from the moment that the run is measured. */
export class Recorder {
  readonly latencies: Readonly<Record<LatencyClass, Latencies>> = {
    memory: new Latencies(),
    redis: new Latencies(),
    computed: new Latencies(),
  };
  /** As the server told, of the answers that were computed. */
  readonly serverTimes = new Latencies();
  readonly lateness = new Latencies();
  readonly windows = new Windows();
  readonly #failures = new Map<string, number>();
  #fromMs = Infinity;
  #begun = 0;
  #failed = 0;

  /** Requests that were to begin before `nowMs` are forgotten. */
  start(nowMs: number): void {
    this.#fromMs = nowMs;
  }

  get begun(): number {
    return this.#begun;
  }

  get failed(): number {
    return this.#failed;
  }

  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  get answered(): number {
    return Object.values(this.latencies).reduce((sum, { count }) => sum + count, 0);
  }

  /** What waits, by the window in which it was to begin: `[ms that it has waited for at least, requests]`. */
  overdue(nowMs: number): [number, number][] {
    const { all, lengthMs } = this.windows;
    const sinceMs = nowMs - this.#fromMs;
    return all.flatMap(({ pending }, index): [number, number][] => {
      const ms = sinceMs - (index + 1) * lengthMs;
      return pending > 0 && ms > 0 ? [[Math.round(ms), pending]] : [];
    });
  }

  /** @param intendedMs when the request was to begin. @param nowMs when it did. */
  began(intendedMs: number, nowMs: number): void {
    if (intendedMs < this.#fromMs) return;
    this.#begun += 1;
    this.windows.at(intendedMs - this.#fromMs).pending += 1;
    this.lateness.record(Math.max(0, nowMs - intendedMs));
  }

  /** Answers count in the window in which they came; latencies in that in which the request was to begin. */
  ended(intendedMs: number, nowMs: number, outcome: Outcome): void {
    if (intendedMs < this.#fromMs) return;
    this.windows.at(intendedMs - this.#fromMs).pending -= 1;
    const window = this.windows.at(nowMs - this.#fromMs);
    if ("code" in outcome) {
      this.#failed += 1;
      window.failed += 1;
      this.#failures.set(outcome.code, (this.#failures.get(outcome.code) ?? 0) + 1);
      return;
    }
    const latencyMs = nowMs - intendedMs;
    window.answered[outcome.source] += 1;
    this.latencies[outcome.source].record(latencyMs);
    this.windows.at(intendedMs - this.#fromMs).latencies.record(latencyMs);
    if (outcome.source === "computed" && outcome.serverMs !== undefined) this.serverTimes.record(outcome.serverMs);
  }
}
