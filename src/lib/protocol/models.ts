import { z } from "zod";
import { MODEL_NAME } from "../model-name.ts";

export { MODEL_NAME };
/** Models beside the default one, at most: their names are labels of metrics. */
export const MAX_MODELS = 64;
/** The one that COMBOT_MODEL_DIR names, whatever its folder is called. */
export const DEFAULT_MODEL = "default";

export const modelName = z
  .string()
  .regex(MODEL_NAME, "a name of a model: small letters, digits, dots, hyphens and underscores");

/** In a path. */
export const namedModel = z.object({ name: modelName });

export const modelState = z.enum(["unloaded", "loading", "ready", "draining", "failed"]);

export const modelRow = z.object({
  name: z.string(),
  default: z.boolean().describe("the one that calls without a model's name go to"),
  dir: z.string(),
  digest: z.string().nullable().describe("first 12 hex digits; null where it could not be opened, or has not been yet"),
  labels: z.array(z.string()),
  state: modelState,
  reason: z.string().nullable().describe("why it can't be served, or what it waits for"),
  workers: z.int().min(0).describe("that serve"),
  bytes: z.int().min(0).describe("PSS of its processes, as last read"),
  needs: z
    .int()
    .min(0)
    .nullable()
    .describe("bytes that one worker takes: measured, or an estimate before its first load"),
  needsToLoad: z.int().min(0).nullable().describe("the same at its most, which is while it loads"),
  pinned: z.boolean(),
  waiting: z.int().min(0).describe("texts"),
  lastUsed: z.iso.datetime().nullable(),
  unloadsInSeconds: z.number().min(0).nullable(),
  calls: z.int().min(0).describe("that asked it, cached answers too"),
  loads: z.int().min(0),
  loadSeconds: z.number().min(0).describe("that its loads took, together"),
  evictions: z.int().min(0).describe("ended to make room for another one"),
  p99Ms: z.number().min(0).nullable().describe("of the last 512 calls that a worker computed"),
});

/** In a sample, where there are several: a model may have 20,000 labels. */
export const sampledModel = modelRow.omit({ labels: true, dir: true });

export const modelsReply = z.object({
  models: z.array(modelRow).describe("the default one first, then by name"),
  dir: z.string().nullable().describe("COMBOT_MODELS_DIR"),
});

export const rescanReply = z.object({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  failed: z.array(z.object({ name: z.string(), reason: z.string() })),
  unchanged: z.int().min(0),
});

export const putModelRequest = z.strictObject({
  dir: z.string().min(1).max(4096).describe("absolute path, on the daemon's machine, of a model folder"),
});

export type ModelRow = z.infer<typeof modelRow>;
export type ModelState = z.infer<typeof modelState>;
export type ModelsReply = z.infer<typeof modelsReply>;
export type RescanReply = z.infer<typeof rescanReply>;
