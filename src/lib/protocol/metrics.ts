import { z } from "zod";
import { recycleReason } from "./process.ts";

const count = z.int().min(0);
const ms = z.number().min(0).nullable();
export const quantiles = z.object({ p50: ms, p90: ms, p99: ms }).describe("null where nothing was measured");

export const journalReport = z.object({
  state: z.enum(["opening", "up", "down", "off"]).describe("off: the schema is a later release's"),
  store: z.enum(["sqlite", "postgres"]),
  reason: z.string().nullable().describe("why it is not up"),
  waiting: count.describe("events that wait to be written"),
  written: count.describe("events since the start"),
  dropped: count.describe("events given up since the start"),
  held: z.string().nullable().describe("why nothing is removed for its age; null where that is not so"),
  pool: z
    .object({
      total: count,
      idle: count,
      waiting: count.describe("who waits for a connection"),
      max: count,
      heldLongest: z
        .object({ ms: z.number().min(0), where: z.string() })
        .nullable()
        .describe("the connection that was taken first, and for what; null while none is in use"),
    })
    .nullable()
    .describe("connections to Postgres"),
});

export const metricsReport = z.object({
  requests: count.describe("classify calls answered, whatever the answer"),
  texts: count.describe("texts answered with a label"),
  errors: z.record(z.string(), count).describe("failed classify calls by error code"),
  clientsGone: count.describe(
    "classify calls whose client closed the connection before its answer; in no other figure",
  ),
  testCalls: count
    .optional()
    .describe("classify calls of load tests; in no other figure but those of queue and batches"),
  latencyMs: z.object({ memory: quantiles, redis: quantiles, computed: quantiles }).describe("over 5 to 10 minutes"),
  throughput: z.number().min(0).describe("classify calls a second, over the last minute"),
  queue: z.object({ waiting: count, oldestMs: z.number().min(0) }),
  batches: z.object({ count, meanSize: z.number().min(0) }),
  recycles: z.object({ total: count, byReason: z.record(recycleReason, count) }),
  users: count.describe("distinct users over the workers that run now"),
  answers: z
    .object({
      decided: count.describe("answers of which was decided whether they may be acted on"),
      unsure: count.describe("of these, those not accepted: unsure or ambiguous"),
      unsureShare: z.number().min(0).max(1).nullable(),
    })
    .optional()
    .describe("over 5 to 10 minutes"),
  journal: journalReport.nullable().describe("null where DATABASE_URL is off"),
});

export type JournalReport = z.infer<typeof journalReport>;
export type MetricsReport = z.infer<typeof metricsReport>;
