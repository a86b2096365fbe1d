import { CombotError } from "../errors.ts";
import type { ClassifyItem, ClassifyRequest } from "../protocol/classify.ts";
import { shareOf } from "./share-flag.ts";
import { MAX_ASKED, MAX_HYPOTHESES, MAX_SCORES } from "../protocol/limits.ts";

/** What all calls of one command have in common. */
export type SharedRequest = Omit<ClassifyRequest, "text" | "textPair" | "texts">;

export interface ClassifyFlags {
  readonly user?: string | undefined;
  readonly model?: readonly string[] | undefined;
  readonly partial?: boolean;
  readonly "top-k": number;
  readonly "no-cache": boolean;
  readonly batch: boolean;
  readonly labels?: string | undefined;
  readonly template?: string | undefined;
  readonly "multi-label": boolean;
  readonly "min-score"?: number | undefined;
  readonly "min-margin"?: number | undefined;
  readonly candidates?: string | undefined;
  readonly threshold?: readonly string[] | undefined;
}

export function sharedRequestOf(flags: ClassifyFlags): SharedRequest {
  return {
    ...(flags.user === undefined ? {} : { user: flags.user }),
    ...modelsOf(flags),
    ...(flags["top-k"] > 1 ? { topK: flags["top-k"] } : {}),
    ...(flags["no-cache"] ? { noCache: true } : {}),
    ...(flags.batch ? { priority: "batch" } : {}),
    ...(flags.labels === undefined ? {} : { labels: labelsOf("labels", flags.labels) }),
    ...(flags.template === undefined ? {} : { template: flags.template }),
    ...(flags["multi-label"] ? { multiLabel: true } : {}),
    ...(flags["min-score"] === undefined ? {} : { minScore: flags["min-score"] }),
    ...(flags["min-margin"] === undefined ? {} : { minMargin: flags["min-margin"] }),
    ...(flags.candidates === undefined ? {} : { candidates: labelsOf("candidates", flags.candidates) }),
    ...(flags.threshold === undefined ? {} : { thresholds: Object.fromEntries(flags.threshold.map(thresholdOf)) }),
  };
}

/** One is asked as ever, and several all together. */
function modelsOf({
  model: names = [],
  partial = false,
}: ClassifyFlags): Pick<SharedRequest, "model" | "models" | "partial"> {
  const [first] = names;
  if (partial && names.length < 2) throw new CombotError("USAGE", "--partial goes with --model given more than once.");
  if (names.length > 1) return { models: [...names], ...(partial && { partial }) };
  return first === undefined ? {} : { model: first };
}

function labelsOf(flag: string, list: string): string[] {
  const labels = list.split(",").map((label) => label.trim());
  if (labels.includes("")) throw new CombotError("USAGE", `--${flag}: one of them is empty; give them as a,b,c.`);
  return labels;
}

/** The last = parts them: a label may hold one. */
function thresholdOf(given: string): [label: string, threshold: number] {
  const at = given.lastIndexOf("=");
  if (at < 1) throw new CombotError("USAGE", `--threshold takes LABEL=0..1, not ${given}.`);
  return [given.slice(0, at), shareOf("threshold", given.slice(at + 1))];
}

/** Lines that one call may have, for what each of them makes the daemon compute and say. */
export function linesAtOnce({ labels = [""], topK = 1, models = [""] }: SharedRequest): number {
  const most = Math.min(MAX_ASKED, MAX_HYPOTHESES / labels.length, MAX_SCORES / topK);
  return Math.max(1, Math.floor(most / models.length));
}

/** A line with a tab is a pair. */
export function itemOf(line: string): ClassifyItem {
  const tab = line.indexOf("\t");
  return tab < 0 ? line : { text: line.slice(0, tab), textPair: line.slice(tab + 1) };
}
