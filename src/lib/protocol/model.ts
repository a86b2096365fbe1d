import { z } from "zod";

const slots = z.array(z.int().min(0));

export const loadReply = z.object({
  started: slots.describe("slots whose worker was started by this call"),
  ready: slots.describe("slots that hold the model when the call returns"),
  durationMs: z.number().min(0),
});

export const unloadReply = z.object({
  stopped: slots.describe("slots whose worker ends or has ended"),
  beforeBytes: z.int().min(0).describe("anonymous memory of the daemon's process tree before: pages that no file backs"),
  afterBytes: z.int().min(0).nullable().describe("the same when every process had ended; null without wait"),
  freedBytes: z.int().nullable(),
  durationMs: z.number().min(0),
});

export const modelUseRequest = z
  .strictObject({
    dir: z.string().min(1).max(4096).optional().describe("absolute path of a model folder on the daemon's machine"),
    default: z.literal(true).optional().describe("back to the model that the settings name"),
    inTurn: z.boolean().optional().describe("unload the old model before the new one loads; texts wait meanwhile"),
  })
  .refine((body) => (body.dir === undefined) !== (body.default === undefined), "give either dir or default");

const modelName = z.object({ name: z.string(), digest: z.string(), dir: z.string() });

export const modelUseReply = z.object({
  model: modelName,
  previous: modelName,
  changed: z.boolean().describe("false: that model was serving already"),
  durationMs: z.number().min(0).describe("from the call to the old model's end"),
});

export type ModelUseRequest = z.infer<typeof modelUseRequest>;
export type ModelUseReply = z.infer<typeof modelUseReply>;
export type LoadReply = z.infer<typeof loadReply>;
export type UnloadReply = z.infer<typeof unloadReply>;
