import { z } from "zod";
import { decisionFields } from "../../lib/protocol/decision.ts";
import type { ModelFolder } from "./folder.ts";
import { parseJson } from "./json-file.ts";
import { COMBOT_FILE } from "./model-files.ts";

/** What counts for its answers: a key more is a line more, and a line in docs/models.md. */
const fields = {
  ...decisionFields,
  candidates: z.array(z.string().min(1)).min(1).optional(),
  temperature: z
    .number()
    .min(0.01)
    .max(100)
    .optional()
    .describe("what logits are divided by before they become scores; above 1 scores are less sure"),
};

/** Its place among the other models. */
const residency = {
  pin: z.boolean().optional().describe("it is ended neither to make room for another model nor for being idle"),
  idleUnload: z
    .number()
    .min(-1)
    .max(604_800)
    .optional()
    .describe("in the place of MODEL_IDLE_UNLOAD, in seconds: 0 = after every batch, -1 = never"),
  workers: z.int().min(1).max(64).optional().describe("at most so many, where WORKERS allows more"),
};

export const combotSchema = z.strictObject(
  { ...fields, ...residency },
  {
    error: ({ code, keys }) =>
      code === "unrecognized_keys" ? unknownKeys(keys as readonly string[]) : "it must be an object",
  },
);

export type CombotSettings = z.infer<typeof combotSchema>;

function unknownKeys(keys: readonly string[]): string {
  const named = keys.map((key) => JSON.stringify(key)).join(", ");
  return `it has the key ${named}, which means nothing here; there are ${Object.keys({ ...fields, ...residency }).join(", ")}`;
}

/**
 * @param path that a fault is told of. @param text undefined where there is no such file.
 * @throws {CombotError} `MODEL_INVALID`
 */
export function readSettings(path: string, text: string | undefined, model: Judged): CombotSettings {
  if (text === undefined) return {};
  return parseJson(path, text, combotSchema, (settings) => checkSettings(settings, model));
}

type Judged = Pick<ModelFolder, "labels" | "regression" | "multiLabel">;

/** What the schema can't know of a model. @throws {Error} */
function checkSettings(settings: CombotSettings, { labels, regression, multiLabel }: Judged): void {
  const named = [...(settings.candidates ?? []), ...Object.keys(settings.thresholds ?? {})];
  const known = new Set(labels);
  const strange = named.find((label) => !known.has(label));
  if (strange !== undefined) throw new Error(`the model has no label ${JSON.stringify(strange)}`);
  const key = Object.keys(settings).find((name) => name in fields);
  if (regression && key !== undefined) throw new Error(`${key}: this model gives raw numbers, not scores from 0 to 1`);
  if (settings.minMargin !== undefined && (multiLabel || labels.length === 1))
    throw new Error("minMargin: the labels of this model stand each by itself");
}

/** For whoever looks at the model. @returns nothing where there are no settings. */
export function remarksOnSettings({ thresholds, candidates, ...plain }: CombotSettings): string[] {
  const parts = Object.entries(plain).map(([key, value]) => `${key} ${value}`);
  if (candidates) parts.push(`${candidates.length} candidates`);
  if (thresholds) parts.push(`thresholds of ${Object.keys(thresholds).length} labels`);
  return parts.length === 0 ? [] : [`${COMBOT_FILE} says ${parts.join(", ")}.`];
}
