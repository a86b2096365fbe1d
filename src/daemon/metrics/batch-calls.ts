import { Histogram } from "prom-client";
import type { Registry } from "prom-client";

/** They wait for others by design: minutes count as well as milliseconds. */
const BUCKETS_SECONDS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300];

/** Classify calls of priority batch. What they take is no latency of the service, and stands in a figure of its own. */
export class BatchCalls {
  readonly #duration: Histogram;

  constructor(registry: Registry) {
    this.#duration = new Histogram({
      name: "combot_priority_batch_duration_seconds",
      help: "Time to answer a classify call of priority batch, which is in no other latency.",
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    });
  }

  answered(durationMs: number): void {
    this.#duration.observe(durationMs / 1000);
  }
}
