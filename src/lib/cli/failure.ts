import { stripVTControlCharacters } from "node:util";
import { CombotError, messageOf, systemCodeOf } from "../errors.ts";
import { ERRORS } from "../error-table.ts";
import { jsonText } from "../harmless.ts";
import { failureBy, isFileRefusal, isFileShortage } from "../system-errors.ts";
import { renderFailure, type FailureDocument } from "../render/failure.ts";
import { shown } from "../terminal-text.ts";
import { usageWords } from "./usage-words.ts";

/** What oclif says of a wrong flag or argument; everything else it throws is a defect. */
const OCLIF_USAGE = 2;

export interface Failure {
  readonly exit: number;
  /** Null where a command has ended itself and said all there is to say. */
  readonly document: FailureDocument | null;
  /** For a defect. */
  readonly stack?: string | undefined;
}

/** What to tell of whatever was thrown, and the status to end with. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CombotError) return { exit: thrown.exitCode, document: documentOf(thrown) };
  const { exit, isExit } = oclifPart(thrown);
  if (isExit) return { exit: exit ?? 0, document: null };
  if (exit === OCLIF_USAGE) return failureOf(new CombotError("USAGE", usageWords(thrown)));
  const detail = stripVTControlCharacters(messageOf(thrown));
  if (isFileRefusal(thrown)) return failureOf(new CombotError("FILE_REFUSED", detail));
  if (isFileShortage(thrown)) return failureOf(failureBy(thrown, "INTERNAL", detail));
  return {
    ...failureOf(new CombotError("INTERNAL", detail)),
    stack: thrown instanceof Error ? thrown.stack : undefined,
  };
}

export function documentOf(error: CombotError): FailureDocument {
  const { title, help: usual } = ERRORS[error.code];
  const help = error.help ?? usual;
  return {
    code: error.code,
    title,
    detail: error.message,
    help: isDenied(error) ? "Use sudo, or join the socket's group: combot to use it, combot-admin to run it." : help,
    ...(error.index === undefined ? {} : { index: error.index }),
    ...(error.faults.length === 0 ? {} : { faults: error.faults }),
  };
}

/** A daemon that is up behind a socket we may not open: "start it" would be wrong advice. */
function isDenied({ code, cause }: CombotError): boolean {
  return code === "DAEMON_UNREACHABLE" && ["EACCES", "EPERM"].includes(systemCodeOf(cause) ?? "");
}

/** Told by shape and not by class: plugins may bring an oclif of their own. */
function oclifPart(thrown: unknown): { readonly exit?: number; readonly isExit: boolean } {
  if (!(thrown instanceof Error) || !("oclif" in thrown)) return { isExit: false };
  const exit = (thrown.oclif as { exit?: unknown } | undefined)?.exit;
  return { ...(typeof exit === "number" ? { exit } : {}), isExit: systemCodeOf(thrown) === "EEXIT" };
}

/** Tells of a failure outside of any command, and sets the exit status. */
export function reportFailure(thrown: unknown, argv: readonly string[]): void {
  const failure = failureOf(thrown);
  process.exitCode = failure.exit;
  if (failure.document && argv.includes("--json")) process.stdout.write(`${failureJson(failure.document)}\n`);
  else writeFailure(failure);
}

export function failureJson(document: FailureDocument): string {
  return jsonText({ error: document }, 2);
}

/** Two lines on stderr; a defect's stack only with DEBUG. */
export function writeFailure({ document, stack }: Failure): void {
  if (document) process.stderr.write(`${shown(renderFailure(document))}\n`);
  if (stack !== undefined && process.env["DEBUG"]) process.stderr.write(`${shown(stack)}\n`);
}
