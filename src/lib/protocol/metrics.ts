import { z } from "zod";
import { recycleReason } from "./process.ts";

export const LATENCY_CLASSES = ["memory", "redis", "computed"] as const;

const count = z.int().min(0);
const ms = z.number().min(0).nullable();
const quantiles = z.object({ p50: ms, p90: ms, p99: ms }).describe("null where nothing was measured");

export const metricsReport = z.object({
  requests: count.describe("classify calls answered, whatever the answer"),
  texts: count.describe("texts answered with a label"),
  errors: z.record(z.string(), count).describe("failed classify calls by error code"),
  latencyMs: z.object({ memory: quantiles, redis: quantiles, computed: quantiles }).describe("over 5 to 10 minutes"),
  throughput: z.number().min(0).describe("classify calls a second, over the last minute"),
  queue: z.object({ waiting: count, oldestMs: z.number().min(0) }),
  batches: z.object({ count, meanSize: z.number().min(0) }),
  recycles: z.object({ total: count, byReason: z.record(recycleReason, count) }),
  users: count.describe("distinct users over the workers that run now"),
});

export type LatencyClass = (typeof LATENCY_CLASSES)[number];
export type MetricsReport = z.infer<typeof metricsReport>;
