import { z } from "zod";

export const WORKER_STATES = ["starting", "ready", "busy", "draining", "stopped", "backoff"] as const;
export const RECYCLE_REASONS = ["users", "requests", "uptime", "memory", "crash", "hung", "manual"] as const;

/**
 * Whom a worker says something about that ended before it could serve: the model, or whatever else kept combot from
 * starting it; the machine, which had no process, thread, file or memory for it; others, who killed it.
 */
export const BOOT_FAULTS = ["model", "machine", "others"] as const;

export const workerState = z.enum(WORKER_STATES);
export const recycleReason = z.enum(RECYCLE_REASONS);

const count = z.int().min(0);

export const workerStatus = z.object({
  slot: count.describe("of its model"),
  model: z
    .string()
    .optional()
    .describe("a name in COMBOT_MODELS_DIR, or shadow:NAME of a candidate; absent for the default model's workers"),
  pid: z.int().nullable().describe("null while the slot has no process"),
  state: workerState,
  generation: count.describe("processes this slot has had; tells the two entries of a replacement apart"),
  users: count.describe("distinct users this process has answered for"),
  requests: count.describe("classifications this process has answered"),
  uptimeSeconds: z.number().min(0),
  rssBytes: count.nullable(),
  pssBytes: count.nullable(),
  batches: z
    .object({
      bySize: z.array(count).describe("batches of one text, of two, and so on"),
      meanTokens: z.number().min(0),
      meanMs: z.number().min(0).describe("that it computed on one"),
    })
    .nullable()
    .describe("those that this process has run; null while the slot has no process"),
  dueBy: recycleReason.nullable().describe("the limit it has reached, if any"),
  limits: z
    .object({ maxUsers: count, maxRequests: count, maxUptimeSeconds: z.number().min(0) })
    .nullable()
    .describe("this process's own, jitter drawn; 0 = off; null while the slot has no process"),
  next: z
    .object({ reason: recycleReason, inSeconds: z.number().min(0) })
    .nullable()
    .describe("the limit that it reaches first if it goes on as since its start; null where that can't be told"),
});

export const processStatus = z.object({
  daemon: z.object({ pid: z.int(), rssBytes: count, uptimeSeconds: z.number().min(0), version: z.string() }),
  workers: z.array(workerStatus),
  recycles: z.object({ total: count, byReason: z.record(recycleReason, count) }),
  limits: z.object({
    maxUsers: count.describe("0 = off"),
    maxRequests: count.describe("0 = off"),
    maxRequestsJitter: count,
    maxUptimeSeconds: z.number().min(0).describe("0 = off"),
  }),
});

export const recycleRequest = z.strictObject({
  slot: z.int().min(0).optional().describe("without it: every worker, in turn"),
});

/** `wait=true` answers 200 when the work is done; without it the reply is 202 with what was started. */
export const waitQuery = z.strictObject({ wait: z.enum(["true", "false"]).optional() });

export const recycleReply = z.object({
  recycles: z.array(
    z.object({
      slot: count,
      done: z.boolean().describe("false: started, or failed and told so in `error`"),
      durationMs: z.number().min(0).optional().describe("from the order to the replacement serving"),
      freedBytes: z.int().optional().describe("anonymous memory of the process tree before less after"),
      error: z.string().optional(),
    }),
  ),
});

export type BootFault = (typeof BOOT_FAULTS)[number];
export type WorkerState = z.infer<typeof workerState>;
export type RecycleReason = z.infer<typeof recycleReason>;
export type WorkerStatus = z.infer<typeof workerStatus>;
export type ProcessStatus = z.infer<typeof processStatus>;
export type RecycleReply = z.infer<typeof recycleReply>;
