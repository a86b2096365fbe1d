import { z } from "zod";
import { MEMORY_LEVELS } from "./memory-levels.ts";
import { metricsReport } from "./metrics.ts";
import { modelName } from "./models.ts";

const count = z.int().min(0);

export const historyQuery = z.strictObject({
  since: z.iso.datetime().optional().describe("from then on; default: the last 24 hours"),
  until: z.iso.datetime().optional().describe("before then; default: no end"),
  step: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .multipleOf(60)
    .optional()
    .describe("seconds a point stands for; default: as many as make about 100 points"),
  model: modelName.optional().describe("of this model alone; default: of all together"),
});

export const historyPoint = z.object({
  at: z.iso.datetime().describe("where the stretch begins"),
  requests: count,
  texts: count,
  errors: count,
  throughput: z.number().min(0).describe("calls a second while the daemon ran"),
  hitRate: z.number().min(0).max(1).nullable().describe("share of the texts that a cache answered"),
  latencyMs: metricsReport.shape.latencyMs.describe("of the worst minute"),
  level: z.enum(MEMORY_LEVELS).describe("the highest"),
  usage: z.number().min(0).nullable().describe("the highest share of the limit"),
  users: count.describe("the most distinct users over the workers at one time"),
  recycles: count,
  unsureShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .optional()
    .describe("of the answers with a decision, those not accepted; null where there was none, absent with `model`"),
  meanMs: z
    .number()
    .min(0)
    .nullable()
    .optional()
    .describe("with `model` alone: what its answered calls took in the mean; null where there was none"),
  loads: count.optional().describe("with `model` alone: times that it came to serve"),
  evictions: count.optional().describe("with `model` alone: times that it was ended to make room for another"),
});

export const historyReply = z.object({
  since: z.iso.datetime(),
  stepSeconds: z.int().min(60),
  model: modelName.optional().describe("whose points these are; level, usage, users and recycles are the daemon's"),
  points: z.array(historyPoint).describe("oldest first; none where the daemon did not run"),
});

export type HistoryQuery = z.infer<typeof historyQuery>;
export type HistoryPoint = z.infer<typeof historyPoint>;
export type HistoryReply = z.infer<typeof historyReply>;
