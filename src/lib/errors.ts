import { ERRORS } from "./error-table.ts";
import type { ErrorCode } from "./error-table.ts";

export interface ErrorDetails {
  /** Index of the text at fault in the call's `texts`. */
  readonly index?: number;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** One line for each fault, where there may be several. */
  readonly faults?: readonly string[];
  /** What to do, where it is another thing than the table says. */
  readonly help?: string;
  readonly cause?: unknown;
}

/** A failure that whoever caused it, or an operator, can act on. Anything else that is thrown is a defect. */
export class CombotError extends Error {
  readonly code: ErrorCode;
  readonly index: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly faults: readonly string[];
  readonly help: string | undefined;
  /** oclif takes the exit status from here in text mode and from `exitCode` under --json. */
  readonly oclif: { readonly exit: number };
  readonly exitCode: number;

  constructor(code: ErrorCode, detail: string, details: ErrorDetails = {}) {
    super(detail, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CombotError";
    this.code = code;
    this.index = details.index;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.faults = details.faults ?? [];
    this.help = details.help;
    this.exitCode = ERRORS[code].exit;
    this.oclif = { exit: this.exitCode };
  }
}

/** The same failure in other words. @param index of the text at fault, where that is another one by now. */
export function reworded(error: CombotError, detail: string, index = error.index): CombotError {
  const { code, retryAfterSeconds, faults, cause } = error;
  return new CombotError(code, detail, {
    faults,
    cause,
    ...(index === undefined ? {} : { index }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** The message of whatever was thrown, for a detail or a log line. */
export function messageOf(thrown: unknown): string {
  // Of a name with several addresses, all of which failed, Node tells nothing but the errors of each.
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node system error (`ENOENT`, …), if it is one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}
