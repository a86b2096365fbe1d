import { z } from "zod";

const slots = z.array(z.int().min(0));

export const loadReply = z.object({
  started: slots.describe("slots whose worker was started by this call"),
  ready: slots.describe("slots that hold the model when the call returns"),
  durationMs: z.number().min(0),
});

export const unloadReply = z.object({
  stopped: slots.describe("slots whose worker ends or has ended"),
  beforeBytes: z.int().min(0).describe("PSS of the daemon's process tree before"),
  afterBytes: z.int().min(0).nullable().describe("the same when every process had ended; null without wait"),
  freedBytes: z.int().nullable(),
  durationMs: z.number().min(0),
});

export type LoadReply = z.infer<typeof loadReply>;
export type UnloadReply = z.infer<typeof unloadReply>;
