import { CombotError } from "../errors.ts";
import type { ClassifyItem, ClassifyRequest } from "../protocol/classify.ts";
import { shareOf } from "./share-flag.ts";
import { MAX_HYPOTHESES, MAX_SCORES } from "../protocol/limits.ts";

/** What all calls of one command have in common. */
export type SharedRequest = Omit<ClassifyRequest, "text" | "textPair" | "texts">;

export interface ClassifyFlags {
  readonly user?: string | undefined;
  readonly model?: string | undefined;
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
    ...(flags.model === undefined ? {} : { model: flags.model }),
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
export function linesAtOnce({ labels = [""], topK = 1 }: SharedRequest): number {
  return Math.max(1, Math.floor(Math.min(MAX_HYPOTHESES / labels.length, MAX_SCORES / topK)));
}

/** A line with a tab is a pair. */
export function itemOf(line: string): ClassifyItem {
  const tab = line.indexOf("\t");
  return tab < 0 ? line : { text: line.slice(0, tab), textPair: line.slice(tab + 1) };
}
