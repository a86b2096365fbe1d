import { z } from "zod";
import { MAX_TEXTS } from "./classify.ts";

const count = z.int().min(0);

export const warmRequest = z.strictObject({
  texts: z
    .array(z.string())
    .min(1)
    .max(MAX_TEXTS)
    .optional()
    .describe("1 to 256 texts; without them, those that the journal has seen most often"),
});

const warmProgress = z.object({
  total: count.describe("texts to look at"),
  done: count.describe("of these, those looked at"),
  computed: count,
  known: count.describe("in the cache already"),
  skipped: count.describe("without room: memory is full and there is no Redis to take them"),
  failed: count.describe("texts that can't be classified"),
});

export const warmEvent = z.discriminatedUnion("event", [
  z.object({ event: z.literal("progress"), data: warmProgress }),
  z.object({
    event: z.literal("done"),
    data: warmProgress.extend({
      stopped: z.string().nullable().describe("why it ended before all texts were looked at; null: it did not"),
      durationMs: z.number().min(0),
    }),
  }),
]);

export type WarmRequest = z.infer<typeof warmRequest>;
export type WarmProgress = z.infer<typeof warmProgress>;
export type WarmEvent = z.infer<typeof warmEvent>;
export type WarmResult = Extract<WarmEvent, { event: "done" }>["data"];
