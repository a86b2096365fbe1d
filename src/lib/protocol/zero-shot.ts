import { z } from "zod";
import { DEFAULT_TEMPLATE, MAX_HYPOTHESES, MAX_LABELS } from "./limits.ts";

const MAX_LABEL_LENGTH = 200;
const MAX_TEMPLATE_LENGTH = 1000;
/** Where the label goes. */
const PLACE = "{}";

const oneLine = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
const ILL_FORMED = "must be well-formed Unicode without NUL";

const label = z
  .string()
  .max(MAX_LABEL_LENGTH, `at most ${MAX_LABEL_LENGTH} characters`)
  .refine((text) => text.trim() !== "", "must not be empty")
  .refine(oneLine, ILL_FORMED);

const template = z
  .string()
  .max(MAX_TEMPLATE_LENGTH, `at most ${MAX_TEMPLATE_LENGTH} characters`)
  .refine((text) => text.split(PLACE).length === 2, `must hold ${PLACE} once, where the label goes`)
  .refine(oneLine, ILL_FORMED);

/** Classifies into labels of the call's own, with a model that tells whether one text follows from another. */
export const zeroShotFields = {
  labels: z
    .array(label)
    .min(1)
    .max(MAX_LABELS)
    .optional()
    .describe(
      "1 to 64 labels of your own, all different, of at most 200 characters: for a model whose labels are entailment, " +
        "neutral and contradiction; at most 1024 texts × labels in a call",
    ),
  template: template
    .optional()
    .describe(`with labels: what is said of the text, {} standing for the label; default: ${DEFAULT_TEMPLATE}`),
  multiLabel: z
    .boolean()
    .optional()
    .describe("with labels: true: each may be right or not by itself; default false: scores add up to 1"),
} as const;

interface ZeroShotCall {
  readonly text?: string | undefined;
  readonly textPair?: string | undefined;
  readonly texts?: readonly unknown[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly template?: string | undefined;
  readonly multiLabel?: boolean | undefined;
}

/** What no field says by itself. */
export function checkZeroShot(call: ZeroShotCall, refuse: (path: PropertyKey[], message: string) => void): void {
  const { labels, texts } = call;
  if (labels === undefined) {
    if (call.template !== undefined) refuse(["template"], "goes with labels");
    if (call.multiLabel !== undefined) refuse(["multiLabel"], "goes with labels");
    return;
  }
  const repeated = labels.findIndex((text, at) => labels.indexOf(text) < at);
  if (repeated >= 0) refuse(["labels", repeated], "is there already");
  const PAIRED = "labels take the place of a second text";
  if (call.textPair !== undefined) refuse(["textPair"], PAIRED);
  const paired = texts?.findIndex((item) => typeof item === "object" && item !== null && "textPair" in item) ?? -1;
  if (paired >= 0) refuse(["texts", paired, "textPair"], PAIRED);
  const count = texts?.length ?? 1;
  if (count * labels.length <= MAX_HYPOTHESES) return;
  const made = `${count} texts × ${labels.length} labels make ${count * labels.length}`;
  refuse(["labels"], `${made}, at most ${MAX_HYPOTHESES} a call`);
}
