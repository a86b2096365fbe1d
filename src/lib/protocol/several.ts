import { z } from "zod";
import { MAX_ASKED, MAX_ASKED_MODELS, MAX_HYPOTHESES, MAX_SCORES } from "./limits.ts";
import { modelName } from "./models.ts";

/** Asks several models of the same texts. */
export const severalFields = {
  models: z
    .array(modelName)
    .min(1)
    .max(MAX_ASKED_MODELS)
    .optional()
    .describe(
      `in the place of model: 1 to ${MAX_ASKED_MODELS} models, each of which is asked of every text; at most ` +
        `${MAX_ASKED} texts × models in a call`,
    ),
  partial: z
    .boolean()
    .optional()
    .describe(
      "with models: true: a model that can't answer has its problem in its place; default false: the call fails",
    ),
} as const;

interface SeveralCall {
  readonly texts?: readonly unknown[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly topK?: number | undefined;
  readonly model?: string | undefined;
  readonly models?: readonly string[] | undefined;
  readonly partial?: boolean | undefined;
}

/** What no field says by itself. */
export function checkSeveral(call: SeveralCall, refuse: (path: PropertyKey[], message: string) => void): void {
  const { models, texts, labels, topK = 1 } = call;
  if (models === undefined) {
    if (call.partial !== undefined) refuse(["partial"], "goes with models");
    return;
  }
  if (call.model !== undefined) refuse(["models"], "give either model or models");
  const repeated = models.findIndex((name, at) => models.indexOf(name) < at);
  if (repeated >= 0) refuse(["models", repeated], "is there already");
  const asked = (texts?.length ?? 1) * models.length;
  const made = `${texts?.length ?? 1} texts × ${models.length} models`;
  if (asked > MAX_ASKED) return refuse(["models"], `${made} make ${asked}, at most ${MAX_ASKED} a call`);
  const read = asked * (labels?.length ?? 1);
  if (read > MAX_HYPOTHESES)
    refuse(["models"], `${made} × ${labels?.length ?? 1} labels make ${read}, at most ${MAX_HYPOTHESES} a call`);
  const scores = asked * topK;
  if (scores > MAX_SCORES) refuse(["topK"], `${made} × ${topK} make ${scores} scores, at most ${MAX_SCORES} a call`);
}
