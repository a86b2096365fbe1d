import { z } from "zod";

export const checkStatus = z.enum(["ok", "degraded", "unhealthy", "off"]);

const check = z.object({ status: checkStatus, detail: z.string() });

const weights = z
  .object({
    file: z
      .enum(["untried", "prepared", "plain", "small"])
      .describe("what workers load: the model's file where it is too small for shared weights to save anything"),
    reason: z.string().nullable().describe("why they load the plain file, where weights were to be prepared"),
    batching: z
      .enum(["padded", "equal", "single"])
      .nullable()
      .describe("how texts share a batch; null before the trial"),
  })
  .describe("what the trial of the model found");

export const chosen = z.object({
  by: z
    .enum(["model use", "flag", "setting", "bundled"])
    .describe("combot model use, --model, COMBOT_MODEL_DIR, nobody"),
  at: z.iso.datetime().nullable().describe("when, if by combot model use"),
});

const servedModel = z.object({
  name: z.string(),
  digest: z.string(),
  dir: z.string().describe("the folder that it was loaded from"),
  file: z.string().describe("the model file, relative to it"),
  chosen,
  folder: z.enum(["same", "changed", "gone"]).describe("what the folder is now; what was loaded goes on serving"),
  weights,
  remarks: z.array(z.string()),
});

export const health = z.object({
  status: z.enum(["ok", "degraded", "unhealthy"]),
  checks: z.object({ model: check, redis: check, database: check, memory: check }),
  model: servedModel,
  version: z.string(),
  uptimeSeconds: z.number().min(0),
});

export type Health = z.infer<typeof health>;
export type CheckStatus = z.infer<typeof checkStatus>;
export type Chosen = z.infer<typeof chosen>;
