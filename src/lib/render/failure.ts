import type { ErrorCode } from "../error-table.ts";
import { harmless } from "../harmless.ts";

/** What a user is told of a failure, the same as text and as JSON. */
export interface FailureDocument {
  readonly code: ErrorCode;
  readonly title: string;
  readonly detail: string;
  readonly help: string;
  /** Index of the text at fault. */
  readonly index?: number;
  /** Where there may be several: one line each. */
  readonly faults?: readonly string[];
}

/** The failure in two lines and one for each fault: a name in it that has a line break makes no line of its own. */
export function renderFailure({ code, title, detail, help, faults = [] }: FailureDocument): string {
  // Of wrong usage oclif tells in several lines.
  const told = code === "USAGE" ? detail : oneLine(detail);
  return [`Error: ${title}: ${told} [${code}]`, ...faults.map((fault) => `  ${oneLine(fault)}`), help].join("\n");
}

function oneLine(text: string): string {
  return harmless(text.replaceAll(/\s*\n\s*/g, " "));
}
