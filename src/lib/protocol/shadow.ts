import { z } from "zod";
import { modelName } from "./models.ts";

const count = z.int().min(0);
const ms = z.number().min(0).nullable();

/** `loading`: its first worker is on its way; `paused`: it has none for now, and comes back by itself. */
export const SHADOW_STATES = ["loading", "comparing", "paused", "ended"] as const;

export const shadowRequest = z
  .strictObject({
    dir: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe("the candidate: absolute path, on the daemon's machine, of a model folder or of a model file in one"),
    name: modelName.optional().describe("the candidate: a model of COMBOT_MODELS_DIR"),
    model: modelName.optional().describe("the model that it is held against; the default one where left out"),
    share: z.number().gt(0).max(1).describe("of the texts that the model is asked"),
  })
  .refine((body) => (body.dir === undefined) !== (body.name === undefined), "give either dir or name");

const side = z.object({
  digest: z.string(),
  dir: z.string(),
  p50Ms: ms.describe("of the batch that a compared text was computed in, the last 1024 times; null before the first"),
  p99Ms: ms,
  bytes: count.describe("PSS of its processes, as last read"),
});

export const shadowReport = z.object({
  state: z.enum(SHADOW_STATES),
  reason: z.string().nullable().describe("what it waits for, or why it has ended"),
  model: z.string().describe("the name of the model that it is held against"),
  share: z.number(),
  startedAt: z.iso.datetime(),
  startedBy: z.string().describe("control socket, admin token, or token and its name"),
  endedAt: z.iso.datetime().nullable(),
  live: side,
  candidate: side.extend({ name: z.string(), file: z.string() }),
  texts: z.object({
    compared: count,
    agreed: count.describe("of these, those of which both said the same label"),
    failed: count.describe("the candidate gave no answer"),
    skipped: z.object({
      busy: count.describe("those who wait for an answer came first, and too many waited behind them"),
      level: count.describe("memory was not at the level normal"),
      evicted: count.describe("its process had made room, or was not here yet"),
    }),
  }),
  lastFailure: z.string().nullable(),
  labels: z
    .array(z.object({ label: z.string(), compared: count, agreed: count }))
    .describe("by what the live model said, those most seen first, at most 100"),
  differ: z
    .array(
      z.object({
        live: z.string(),
        candidate: z.string(),
        texts: count,
        examples: z.array(z.string()).describe("at most three, from memory; none unless JOURNAL_TEXT=on"),
      }),
    )
    .describe("where they differ most, at most 20 pairs of labels"),
  remarks: z.array(z.string()),
});

/** One that ended with the daemon before this one, and its figures with it. */
export const lostShadow = z.object({
  dir: z.string().describe("of the candidate"),
  model: z.string(),
  share: z.number(),
  startedAt: z.iso.datetime(),
});

export const shadowReply = z.object({
  shadow: shadowReport.nullable().describe("the one that runs, or the last one; null where there was none"),
  lost: lostShadow.nullable().describe("one that a restart of the daemon ended, until another one is started"),
});

export type ShadowRequest = z.infer<typeof shadowRequest>;
export type ShadowReport = z.infer<typeof shadowReport>;
export type ShadowReply = z.infer<typeof shadowReply>;
export type LostShadow = z.infer<typeof lostShadow>;
