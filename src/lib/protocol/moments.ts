import { z } from "zod";
import { sample } from "./events.ts";
import { historyPoint } from "./history.ts";

const bytes = z.int().min(0);

export const momentQuery = z.strictObject({
  at: z.iso.datetime().optional().describe("any time of the minute that is meant; default: the last one that is kept"),
});

export const momentReply = z.object({
  at: z.iso.datetime().describe("where the minute begins"),
  point: historyPoint.nullable().describe("what was measured over the minute; null where the daemon did not run"),
  sample: sample.nullable().describe("all that a monitor showed at its end; null where none is kept that can be read"),
  oldest: z.iso.datetime().nullable().describe("the first minute that is kept; null where there is none"),
});

export const lifeQuery = z.strictObject({
  pid: z.coerce.number().int().min(1),
  since: z.iso.datetime().describe("when it began, or later"),
  until: z.iso.datetime().optional().describe("default: now"),
});

export const lifeReply = z.object({
  stepSeconds: z.int().min(60),
  points: z
    .array(
      z.object({
        at: z.iso.datetime(),
        pssBytes: bytes.nullable(),
        rssBytes: bytes.nullable(),
        users: z.int().min(0).describe("distinct ones it had answered for"),
        requests: z.int().min(0).describe("classifications it had answered"),
      }),
    )
    .describe("oldest first, at most 120: of each step the last minute that is kept"),
});

export type MomentQuery = z.infer<typeof momentQuery>;
export type MomentReply = z.infer<typeof momentReply>;
export type LifeQuery = z.infer<typeof lifeQuery>;
export type LifeReply = z.infer<typeof lifeReply>;
