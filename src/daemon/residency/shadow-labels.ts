import { CombotError } from "../../lib/errors.ts";
import type { ServedModel } from "../model/served-model.ts";

type Labelled = Pick<ServedModel, "digest" | "dir" | "labels" | "regression" | "remarks">;

/** @throws {CombotError} `INVALID_REQUEST` where two models could not be told apart by their labels. */
export function refuseIncomparable(live: Labelled, candidate: Labelled): void {
  if (live.digest === candidate.digest)
    throw new CombotError("INVALID_REQUEST", `${candidate.dir} is the model that serves: there is nothing to compare`);
  for (const { dir, labels, regression } of [live, candidate]) {
    if (!regression && labels.length > 1) continue;
    throw new CombotError("INVALID_REQUEST", `${dir} gives one score and no label: a shadow compares labels`);
  }
}

const NAMED = 5;

/** What to know before the figures are read. */
export function remarksOn(live: Labelled, candidate: Labelled): string[] {
  const [mine, its] = [new Set(live.labels), new Set(candidate.labels)];
  return [
    ...missing(
      [...mine].filter((label) => !its.has(label)),
      "the candidate has no label",
    ),
    ...missing(
      [...its].filter((label) => !mine.has(label)),
      "only the candidate has",
    ),
    ...candidate.remarks,
  ];
}

function missing(labels: readonly string[], words: string): string[] {
  if (labels.length === 0) return [];
  const more = labels.length > NAMED ? ` and ${labels.length - NAMED} more` : "";
  return [`Labels differ: ${words} ${labels.slice(0, NAMED).join(", ")}${more}.`];
}
