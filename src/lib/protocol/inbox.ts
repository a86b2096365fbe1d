import { z } from "zod";
import { DEFAULT_MODEL, modelName } from "./models.ts";

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of a text, as the inbox shows it");

/** Texts in one reply, and labels in one request, at most: a mebibyte, which nobody waits for. */
const MAX_TEXTS = 1000;
const MAX_OFFSET = 1_000_000;
const LONGEST_LABEL = 200;

export const inboxQuery = z.strictObject({
  model: modelName.optional().describe(`whose answers they were; default: ${DEFAULT_MODEL}`),
  since: z.iso.datetime().optional().describe("only those seen since"),
  min: z.coerce.number().int().min(1).optional().describe("only those asked so often; default: 1"),
  which: z.enum(["open", "labelled", "all"]).optional().describe("default: open, those that have no label yet"),
  limit: z.coerce.number().int().min(1).max(MAX_TEXTS).optional().describe("the most frequent; default: 100"),
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).optional().describe("behind so many of them; default: 0"),
});

export const inboxText = z.object({
  digest: z.string().describe("of the text as it is kept; its name in other calls"),
  text: z.string().describe("with what looked like personal data masked"),
  count: count.describe("how often an answer to it was not accepted"),
  ambiguous: count.describe("of these, the ambiguous ones; the others were unsure"),
  label: z.string().describe("of the last such answer"),
  score: z.number(),
  lastSeen: z.iso.datetime(),
  given: z.string().nullable().describe("the label that somebody gave it"),
});

export const inboxReply = z.object({
  model: z.string(),
  textsKept: z.boolean().describe("JOURNAL_TEXT; where it is off there are counts alone, and texts of an earlier time"),
  decides: z.boolean().describe("whether this model's settings decide anything; else only calls that ask for it count"),
  texts: z.array(inboxText).describe("the most frequent first"),
  counts: z
    .array(z.object({ label: z.string(), count, ambiguous: count }))
    .describe("by the label of the last answer, the most frequent first"),
});

export const inboxLabelRequest = z.strictObject({
  model: modelName.optional(),
  given: z
    .array(
      z.strictObject({
        digest,
        label: z
          .string()
          .trim()
          .min(1)
          .max(LONGEST_LABEL)
          .nullable()
          .describe("what it means, of the model's labels or a new one; null takes it back"),
      }),
    )
    .min(1)
    .max(MAX_TEXTS),
});

export const inboxLabelReply = z.object({
  labelled: count,
  unknown: z.array(z.string()).describe("digests that the inbox does not have"),
});

export const inboxForgetRequest = z
  .strictObject({
    text: z.string().min(1).max(65_536).optional().describe("as it was asked, or as the inbox shows it"),
    digests: z.array(digest).min(1).max(MAX_TEXTS).optional(),
    all: z.literal(true).optional().describe("every text and count, and every frequent text of the journal"),
  })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
    error: "give one of text, digests and all",
  });

export const inboxForgetReply = z.object({
  forgotten: count.describe("rows of the journal that are gone"),
  backups: count.describe("backups from before, which still have them"),
});

export type InboxQuery = z.infer<typeof inboxQuery>;
export type InboxText = z.infer<typeof inboxText>;
export type InboxReply = z.infer<typeof inboxReply>;
export type InboxLabelRequest = z.infer<typeof inboxLabelRequest>;
export type InboxLabelReply = z.infer<typeof inboxLabelReply>;
export type InboxForgetRequest = z.infer<typeof inboxForgetRequest>;
export type InboxForgetReply = z.infer<typeof inboxForgetReply>;
