import type { ErrorCode } from "../errors.ts";

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

/** The failure in two lines and one for each fault. */
export function renderFailure({ code, title, detail, help, faults = [] }: FailureDocument): string {
  return [`Error: ${title}: ${detail} [${code}]`, ...faults.map((fault) => `  ${fault}`), help].join("\n");
}
