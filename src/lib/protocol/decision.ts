import { z } from "zod";
import { MAX_JUDGED } from "./limits.ts";

const share = z.number().min(0).max(1);
const label = z.string().min(1);

/** What an answer has to reach: given with a call, or in a model's combot.json for all calls. */
export const decisionFields = {
  minScore: share.optional().describe("0 to 1: what the first label's score must reach to be accepted"),
  minMargin: share
    .optional()
    .describe("0 to 1: how far the first label must be ahead of the second; what is nearer is ambiguous"),
  candidates: z
    .array(label)
    .min(1)
    .max(MAX_JUDGED)
    .optional()
    .describe(
      `1 to ${MAX_JUDGED} labels of the model: only these are eligible, and scores are divided by what they have together`,
    ),
  thresholds: z
    .record(label, share)
    .optional()
    .describe(`by label: what its score must reach, in the place of minScore; at most ${MAX_JUDGED} of them in a call`),
} as const;

const labelScore = z.object({ label: z.string(), score: z.number() });

export const decisionReply = {
  decision: z
    .enum(["accept", "ambiguous", "unsure"])
    .optional()
    .describe("where one was asked for; it changes neither label nor score"),
  margin: z
    .number()
    .optional()
    .describe("with decision: how far the first label is ahead of the second; not of labels that stand by themselves"),
  alternatives: z
    .array(labelScore)
    .optional()
    .describe("where ambiguous: the labels that are nearer to the first than minMargin, best first, 8 at most"),
  accepted: z
    .array(labelScore)
    .optional()
    .describe("with decision, of labels that stand by themselves: those that reach their threshold, best first"),
  candidates: z
    .object({
      count: z.int().describe("labels that were eligible"),
      share: z
        .number()
        .optional()
        .describe("what all of them had together, by which their scores are divided; not of labels by themselves"),
    })
    .optional()
    .describe("where only some labels were eligible: scores are over these alone"),
} as const;

/** What an answer has to reach. */
export interface Wanted {
  readonly minScore?: number | undefined;
  readonly minMargin?: number | undefined;
  readonly candidates?: readonly string[] | undefined;
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
}

interface JudgedCall extends Wanted {
  readonly labels?: readonly string[] | undefined;
}

/** What no field says by itself. */
export function checkWanted(
  { candidates, labels, thresholds }: JudgedCall,
  refuse: (path: PropertyKey[], message: string) => void,
): void {
  if (thresholds !== undefined && Object.keys(thresholds).length === 0) refuse(["thresholds"], "names no label");
  if (candidates === undefined) return;
  if (labels !== undefined) refuse(["candidates"], "labels of the call's own are all eligible: leave out the others");
  const repeated = candidates.findIndex((name, at) => candidates.indexOf(name) < at);
  if (repeated >= 0) refuse(["candidates", repeated], "is there already");
}
