import { harmless } from "../harmless.ts";
import type { ClassifyResult, LabelScore, SeveralResult } from "../protocol/classify.ts";
import type { FailureDocument } from "./failure.ts";
import { PLAIN } from "./paint.ts";
import type { Paint } from "./paint.ts";

/** What came of one line of input: under --json this very object, on a line of its own. */
export type LineEntry = ClassifyResult | SeveralResult | { readonly error: FailureDocument };

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

/**
 * A line for each of the models that were asked, in the order of the call: its name, then what a call for it alone would
 * have shown.
 */
export function renderSeveral({ byModel }: SeveralResult, models: readonly string[], paint: Paint = PLAIN): string {
  const lines = models.map((name) => {
    const said = byModel[name];
    if (!said) return `${oneCell(name)}\t!REPLY_INVALID\tthe reply has nothing of it`;
    return `${oneCell(name)}\t${"code" in said ? renderFault(said) : renderResult(said, paint)}`;
  });
  return lines.join("\n");
}

/**
 * A result, or `!CODE<TAB>detail`: always one line, or one for each model that was asked, so that output stays aligned
 * with input.
 */
export function renderEntry(entry: LineEntry, models: readonly string[] = []): string {
  if ("byModel" in entry) return renderSeveral(entry, models);
  if (!("error" in entry)) return renderResult(entry);
  const fault = renderFault(entry.error);
  return models.length === 0 ? fault : models.map((name) => `${oneCell(name)}\t${fault}`).join("\n");
}

/** A line of input that was not answered, or of which a model has said nothing. */
export function isIncomplete(entry: LineEntry): boolean {
  return "byModel" in entry ? Object.values(entry.byModel).some((said) => "code" in said) : "error" in entry;
}

function renderFault({ code, detail }: { readonly code: string; readonly detail: string }): string {
  return `!${code}\t${oneCell(detail)}`;
}

function oneCell(text: string): string {
  return harmless(text.replaceAll(/\s/g, " "));
}
