import { z } from "zod";

/** Texts in one call, at most. */
export const MAX_TEXTS = 256;
/** Bytes of one call's body, at most. */
export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_USER_BYTES = 256;

/**
 * What the schema leaves to the daemon's text layer: empty after trimming, NUL, lone surrogates. They have a code of
 * their own, and the index of the text at fault.
 */
export const classifyRequest = z
  .strictObject({
    text: z.string().optional().describe("one text; give either `text` or `texts`"),
    texts: z.array(z.string()).min(1).max(MAX_TEXTS).optional().describe("1 to 256 texts"),
    user: z
      .string()
      .min(1)
      .refine((user) => Buffer.byteLength(user) <= MAX_USER_BYTES, "at most 256 bytes")
      .optional()
      .describe("whoever asks, 1 to 256 bytes; kept as a keyed hash only"),
    topK: z.int().min(1).optional().describe("labels in `scores`, 1 to the number of labels; default 1"),
    noCache: z.boolean().optional().describe("true: compute, whatever the cache holds"),
  })
  .refine((body) => (body.text === undefined) !== (body.texts === undefined), "give either text or texts");

export const labelScore = z.object({
  label: z.string(),
  score: z.number().min(0).max(1).describe("probability, 0 to 1"),
});

export const classifyResult = labelScore.extend({
  scores: z.array(labelScore).optional().describe("the best topK labels, best first; where topK > 1"),
  cached: z.union([z.literal("memory"), z.literal("redis"), z.literal(false)]),
  coalesced: z.literal(true).optional().describe("computed once with an equal text in flight"),
  truncated: z.literal(true).optional().describe("the text was longer than the model's window and was cut to it"),
});

export const classifyReply = z.object({
  results: z.array(classifyResult).describe("in the order of `texts`"),
  model: z.object({ name: z.string(), digest: z.string() }),
  durationMs: z.number().min(0),
});

export type ClassifyRequest = z.infer<typeof classifyRequest>;
export type ClassifyReply = z.infer<typeof classifyReply>;
export type ClassifyResult = z.infer<typeof classifyResult>;
export type LabelScore = z.infer<typeof labelScore>;
