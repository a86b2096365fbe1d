import { z } from "zod";

export const checkStatus = z.enum(["ok", "degraded", "unhealthy", "off"]);

const check = z.object({ status: checkStatus, detail: z.string() });

export const health = z.object({
  status: z.enum(["ok", "degraded", "unhealthy"]),
  checks: z.object({ model: check, redis: check, database: check, memory: check }),
  version: z.string(),
  uptimeSeconds: z.number().min(0),
});

export type Health = z.infer<typeof health>;
export type CheckStatus = z.infer<typeof checkStatus>;
