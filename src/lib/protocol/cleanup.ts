import { z } from "zod";
import { processMemory } from "./memory.ts";

export const CLEANUP_LEVELS = ["soft", "force", "emergency"] as const;

export const cleanupRequest = z.strictObject({
  level: z.enum(CLEANUP_LEVELS).optional().describe("default force"),
  redis: z.boolean().optional().describe("remove this model cache's keys from Redis too"),
  sessions: z.boolean().optional().describe("with redis: the sessions and products as well"),
  dryRun: z.boolean().optional().describe("tell what would be done, and estimate what it would give back"),
});

const bytes = z.int().min(0);

const snapshot = z.object({
  usage: z.number().min(0),
  usedBytes: bytes,
  limitBytes: bytes,
  cacheBytes: bytes.describe("of the in-memory tier"),
  processes: z.array(processMemory),
});

export const cleanupReply = z.object({
  level: z.enum(CLEANUP_LEVELS),
  dryRun: z.boolean(),
  actions: z.array(
    z.object({
      action: z.string(),
      reason: z.string(),
      freedBytes: z.int().describe("measured; an estimate in a dry run"),
      durationMs: z.number().min(0),
    }),
  ),
  before: snapshot.describe("own bytes as counted now; PSS was read in the last 10 s and moved on with them"),
  after: snapshot.describe("measured when the old processes had ended"),
  freedBytes: z.int().describe("anonymous memory of the tree before less after"),
  durationMs: z.number().min(0),
});

export type CleanupLevel = (typeof CLEANUP_LEVELS)[number];
export type CleanupRequest = z.infer<typeof cleanupRequest>;
export type CleanupReply = z.infer<typeof cleanupReply>;
export type CleanupSnapshot = z.infer<typeof snapshot>;
