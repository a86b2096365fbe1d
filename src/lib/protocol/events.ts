import { z } from "zod";
import { alert } from "./alerts.ts";
import { cacheStats, redisStatus } from "./cache.ts";
import { decision } from "./decisions.ts";
import { health } from "./health.ts";
import { memoryReport } from "./memory.ts";
import { sampledModel } from "./models.ts";
import { metricsReport, quantiles } from "./metrics.ts";
import { processStatus } from "./process.ts";

/** All that a monitor shows, of one moment. */
export const sample = z.object({
  at: z.iso.datetime(),
  health,
  memory: memoryReport.describe("as it was sampled last, at most a second or two ago; PSS may be an estimate"),
  process: processStatus,
  metrics: metricsReport,
  recentLatencyMs: quantiles.describe("of all calls that were answered in the last 5 to 10 s"),
  cache: cacheStats,
  redis: redisStatus,
  alerts: z.array(alert).describe("those that fire now"),
  models: z
    .array(sampledModel)
    .optional()
    .describe("the default one first, then by name; absent where there is no other"),
});

/** One server-sent event: its name, its id where it has one, and its data read as JSON. */
export const daemonEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("sample"), data: sample }),
  z.object({ event: z.literal("decision"), id: z.string().describe("of the decision"), data: decision }),
  z.object({ event: z.literal("alert"), data: alert }),
]);

export type Sample = z.infer<typeof sample>;
export type DaemonEvent = z.infer<typeof daemonEvent>;
