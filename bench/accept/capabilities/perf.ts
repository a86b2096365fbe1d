import type { Capability, Line } from "../record.ts";
import { agreesWithOthers } from "./perf/agreement.ts";
import { tellsKnownLatency } from "./perf/known-latency.ts";
import { tellsStalls } from "./perf/stall.ts";

export const perf: Capability = {
  name: "perf",
  summary: "combot perf-test tells the truth: of a known latency, of a stall, and what other generators tell",
  async *run(say): AsyncGenerator<Line> {
    yield* tellsKnownLatency(say);
    yield* tellsStalls(say);
    yield* agreesWithOthers(say);
  },
};
