import { z } from "zod";
import { PRIORITIES } from "../priorities.ts";
import { checkWanted, decisionFields, decisionReply } from "./decision.ts";
import { MAX_SCORES } from "./limits.ts";
import { modelName } from "./models.ts";
import { problem } from "./problem.ts";
import { checkSeveral, severalFields } from "./several.ts";
import { zeroShotFields, checkZeroShot } from "./zero-shot.ts";

/** Texts in one call, at most. */
export const MAX_TEXTS = 256;
/** Bytes of one call's body, at most. */
export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_USER_BYTES = 256;

/** A second text, which the model reads together with the first. */
const textPair = z.string().describe("a second text, for models that compare two: rerankers, entailment");

const ITEM = "a string, or an object with text and textPair";

const item = z.union(
  [
    z.string(),
    z.strictObject(
      { text: z.string(), textPair: textPair.optional() },
      { error: ({ code }) => (code === "unrecognized_keys" ? "a field that is not allowed here" : undefined) },
    ),
  ],
  { error: `Invalid input: expected ${ITEM}` },
);

/**
 * What the schema leaves to the daemon's text layer: empty after trimming, NUL, lone surrogates. They have a code of
 * their own, and the index of the text at fault. What depends on the model's labels is the classifier's to say.
 */
export const classifyRequest = z
  .strictObject({
    text: z.string().optional().describe("one text; give either `text` or `texts`"),
    textPair: textPair.optional(),
    texts: z.array(item).min(1).max(MAX_TEXTS).optional().describe(`1 to 256 texts, each ${ITEM}`),
    ...zeroShotFields,
    model: modelName.optional().describe("a model of COMBOT_MODELS_DIR; the default one where left out"),
    ...severalFields,
    user: z
      .string()
      .min(1)
      .refine((user) => Buffer.byteLength(user) <= MAX_USER_BYTES, "at most 256 bytes")
      .optional()
      .describe("whoever asks, 1 to 256 bytes; kept as a keyed hash only"),
    topK: z
      .int()
      .min(1)
      .optional()
      .describe("labels in `scores`, 1 to the number of labels; default 1; at most 65,536 scores in a reply"),
    priority: z
      .enum(PRIORITIES)
      .optional()
      .describe("batch: computed with what interactive calls leave, and refused first; default interactive"),
    noCache: z.boolean().optional().describe("true: compute, whatever the cache holds"),
    ...decisionFields,
  })
  // One for all of them: each costs a plain call a tenth of a microsecond.
  .superRefine((call, context) => {
    const { text, textPair, texts, topK = 1 } = call;
    const refuse = (path: PropertyKey[], message: string): void => context.addIssue({ code: "custom", path, message });
    if ((text === undefined) === (texts === undefined)) refuse([], "give either text or texts");
    if (textPair !== undefined && texts) refuse(["textPair"], "goes with text; in texts it is {text, textPair}");
    checkZeroShot(call, refuse);
    checkWanted(call, refuse);
    checkSeveral(call, refuse);
    const count = texts?.length ?? 1;
    if (count * topK <= MAX_SCORES) return;
    refuse(["topK"], `${count} texts × ${topK} make ${count * topK} scores, at most ${MAX_SCORES} a call`);
  });

/** A user of so many characters is never longer than so many bytes as are allowed: UTF-8 takes three of one at most. */
const SURELY_SHORT = Math.floor(MAX_USER_BYTES / 3);

/** What may stand beside the text in a plain call, and what it has to be there. */
const BESIDE: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: () => true,
  user: (value) => typeof value === "string" && value.length > 0 && value.length <= SURELY_SHORT,
  minScore: isShare,
  minMargin: isShare,
};

/**
 * Whether a document is a call with one text and little else: the schema takes it, as it is. Nearly every call is one, and
 * the schema looks for each of the fields that it might have.
 */
export function isPlainCall(document: unknown): document is ClassifyRequest {
  if (typeof document !== "object" || document === null) return false;
  const fields = document as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    if (!Object.hasOwn(BESIDE, name) || !BESIDE[name]?.(fields[name])) return false;
  }
  return typeof fields["text"] === "string";
}

function isShare(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value <= 1;
}

export const labelScore = z.object({
  label: z.string(),
  score: z.number().describe("0 to 1; of a regression model the number that it gives, which may be any"),
});

export const classifyResult = labelScore.extend({
  scores: z.array(labelScore).optional().describe("the best topK labels, best first; where topK > 1"),
  cached: z.union([z.literal("memory"), z.literal("redis"), z.literal(false)]),
  coalesced: z.literal(true).optional().describe("computed once with an equal text in flight"),
  truncated: z.literal(true).optional().describe("the text was longer than the model's window and was cut to it"),
  ...decisionReply,
});

const answeringModel = z.object({ name: z.string(), digest: z.string() });

export const classifyReply = z.object({
  results: z.array(classifyResult).describe("in the order of `texts`"),
  model: answeringModel,
  durationMs: z.number().min(0),
});

/** Of one text, by the names that the call gave. */
export const severalResult = z.object({
  byModel: z
    .record(z.string(), z.union([classifyResult, problem]))
    .describe("by the names in `models`: what each says; with partial, the problem of one that could not be asked"),
});

/** To a call with `models`. */
export const severalReply = z.object({
  results: z.array(severalResult).describe("in the order of `texts`"),
  models: z.record(z.string(), answeringModel).describe("those that answered, by the names in `models`"),
  durationMs: z.number().min(0),
});

/** Of a call with `model`, or of one with `models`. */
export const anyClassifyReply = z.union([classifyReply, severalReply]);

export type ClassifyRequest = z.infer<typeof classifyRequest>;
/** As it is asked of the daemon's own parts. */
export interface AskedRequest extends ClassifyRequest {
  /** Of a load test: it is answered as any other, and counts nowhere that people's questions count. */
  readonly isTest?: true;
}

export type ClassifyReply = z.infer<typeof classifyReply>;
export type ClassifyResult = z.infer<typeof classifyResult>;
export type SeveralReply = z.infer<typeof severalReply>;
export type SeveralResult = z.infer<typeof severalResult>;
/** A text of a call, alone or with a second one. */
export type ClassifyItem = z.infer<typeof item>;
export type LabelScore = z.infer<typeof labelScore>;
