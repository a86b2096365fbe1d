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

/** There is no room where a file is to go, or it may not be read or written: the user's to mend, and no wrong usage. */
const FILE_REFUSALS = ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM"];

export function isFileRefusal(thrown: unknown): boolean {
  return FILE_REFUSALS.includes(systemCodeOf(thrown) ?? "");
}

/** What was wrong with a file that somebody named. @param named the flag and the path. */
export function namedFileFailure(named: string, thrown: unknown): CombotError {
  if (isFileRefusal(thrown))
    return new CombotError("FILE_REFUSED", `${named}: ${messageOf(thrown)}`, { cause: thrown });
  const words: Readonly<Record<string, string>> = {
    EISDIR: "that is a folder",
    ENOENT: "there is no such file or folder",
    ENOTDIR: "there is no such file or folder",
    EEXIST: "it is there already",
  };
  const told = words[systemCodeOf(thrown) ?? ""] ?? messageOf(thrown);
  return failureBy(thrown, "USAGE", `${named}: ${told}.`);
}

/** Nothing is there: what any other failure to look must not be taken for. */
export function isAbsence(thrown: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(systemCodeOf(thrown) ?? "");
}
