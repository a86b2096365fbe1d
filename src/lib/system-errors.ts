import { CombotError, messageOf, systemCodeOf } from "./errors.ts";
import type { ErrorCode } from "./error-table.ts";

/** Descriptors of the process, and of the machine. */
const FILE_SHORTAGES = ["EMFILE", "ENFILE"];

/** Node says it in words alone where a thread can't start or a package can't be read. */
const FILE_SHORTAGE_IN_WORDS = /\b(?:EMFILE|ENFILE)\b|: too many open files/;

/** Whether there was no descriptor left. It says nothing about what was being opened. */
export function isFileShortage(thrown: unknown): boolean {
  if (thrown instanceof CombotError) return thrown.code === "TOO_MANY_FILES";
  return FILE_SHORTAGES.includes(systemCodeOf(thrown) ?? "") || FILE_SHORTAGE_IN_WORDS.test(messageOf(thrown));
}

/**
 * What a system error means where it was met: `code`, unless there was no descriptor left, which is told as itself
 * wherever it is met.
 */
export function failureBy(thrown: unknown, code: ErrorCode, detail: string): CombotError {
  return new CombotError(isFileShortage(thrown) ? "TOO_MANY_FILES" : code, detail, { cause: thrown });
}

/** Nothing is there: what any other failure to look must not be taken for. */
export function isAbsence(thrown: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemCodeOf(thrown) ?? "");
}
