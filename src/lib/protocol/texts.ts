import { z } from "zod";

/** With their texts they are some 3 MB at most. */
export const MOST_TEXTS = 1000;

export const textsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MOST_TEXTS).optional().describe(`default: ${MOST_TEXTS}`),
});

export const textsReply = z.object({
  texts: z
    .array(
      z.object({
        digest: z.string().describe("SHA-256, hexadecimal"),
        count: z.int().min(0),
        text: z.string().nullable().describe("null where JOURNAL_TEXT was off"),
      }),
    )
    .describe("those asked most, first"),
});

export type TextsQuery = z.infer<typeof textsQuery>;
export type TextsReply = z.infer<typeof textsReply>;
