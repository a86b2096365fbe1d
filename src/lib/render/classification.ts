import { harmless } from "../harmless.ts";
import type { ClassifyResult, LabelScore } from "../protocol/classify.ts";
import type { FailureDocument } from "./failure.ts";
import { PLAIN } from "./paint.ts";
import type { Paint } from "./paint.ts";

/** What came of one line of input: under --json this very object, on a line of its own. */
export type LineEntry = ClassifyResult | { readonly error: FailureDocument };

/** `label<TAB>score`, and as many more pairs as labels were asked for, best first; then what is decided, if anything. */
export function renderResult(result: ClassifyResult, paint: Paint = PLAIN): string {
  const { label, score, scores = [{ label, score }] } = result;
  return [...scores.flatMap(cellsOf), ...decisionCells(result, paint)].join("\t");
}

/** The decision, and of an ambiguous answer the pairs that it may be as well; of labels by themselves those accepted. */
function decisionCells({ decision, alternatives, accepted }: ClassifyResult, paint: Paint): string[] {
  if (decision === undefined) return [];
  const word = { accept: paint.good, ambiguous: paint.careful, unsure: paint.bad }[decision](decision);
  return [word, ...(alternatives ?? accepted ?? []).flatMap(cellsOf)];
}

function cellsOf({ label, score }: LabelScore): string[] {
  return [oneCell(label), score.toFixed(4)];
}

/** A result, or `!CODE<TAB>detail`: always one line, so that output stays aligned with input. */
export function renderEntry(entry: LineEntry): string {
  return "error" in entry ? `!${entry.error.code}\t${oneCell(entry.error.detail)}` : renderResult(entry);
}

function oneCell(text: string): string {
  return harmless(text.replaceAll(/\s/g, " "));
}
