import { harmless } from "../harmless.ts";
import type { ClassifyResult } from "../protocol/classify.ts";
import type { FailureDocument } from "./failure.ts";

/** What came of one line of input: under --json this very object, on a line of its own. */
export type LineEntry = ClassifyResult | { readonly error: FailureDocument };

/** `label<TAB>score`, and as many more pairs as labels were asked for, best first. */
export function renderResult({ label, score, scores = [{ label, score }] }: ClassifyResult): string {
  return scores.flatMap((row) => [oneCell(row.label), row.score.toFixed(4)]).join("\t");
}

/** A result, or `!CODE<TAB>detail`: always one line, so that output stays aligned with input. */
export function renderEntry(entry: LineEntry): string {
  return "error" in entry ? `!${entry.error.code}\t${oneCell(entry.error.detail)}` : renderResult(entry);
}

function oneCell(text: string): string {
  return harmless(text.replaceAll(/\s/g, " "));
}
