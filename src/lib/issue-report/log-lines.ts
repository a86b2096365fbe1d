import { execFile } from "node:child_process";
import { openSync, closeSync, fstatSync, readSync } from "node:fs";
import { SERVICE } from "../unit-names.ts";

const MOST_LINES = 500;
const LONGEST_VALUE = 400;
/** Of the end of a log: enough for the lines, whatever its length. */
const MOST_BYTES = 2 * 2 ** 20;
const LIMIT_MS = 5000;

/** Fields that could name a user of the service or what was asked. combot logs neither; a fault in it might. */
const WITHHELD = /^(?:text|texts|textPair|user|users|label|labels|body|key|value|headers?|query)$/;
/** What else comes on the daemon's stderr: frames of a stack, and the runtimes' own last words. */
const RUNTIMES = /^\s+at |^Node\.js v|^FATAL ERROR: |^<---|^\d{4}-\d\d-\d\d [\d:.]+ \[[EW]:onnxruntime/;

/** One line of the log, as it may be handed on: combot's own without doubtful fields, others by kind alone. */
export function safeLogLine(line: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return RUNTIMES.test(line) ? cut(line) : `(a line that is not combot's, of ${line.length} characters)`;
  }
  return JSON.stringify(safe(fields));
}

function safe(value: unknown): unknown {
  if (typeof value === "string") return cut(value);
  if (Array.isArray(value)) return value.map(safe);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, WITHHELD.test(name) ? "(withheld)" : safe(inner)]),
  );
}

function cut(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** The last lines of the service's journal, or of a file. @throws {Error} where neither can be read. */
export async function readLogLines(file: string | undefined): Promise<string[]> {
  const text = file === undefined ? await readJournal() : readEnd(file);
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-MOST_LINES)
    .map(safeLogLine);
}

function readJournal(): Promise<string> {
  const args = [`--unit=${SERVICE}`, `--lines=${MOST_LINES}`, "--output=cat", "--no-pager", "--quiet"];
  return new Promise((resolve, reject) => {
    execFile("journalctl", args, { timeout: LIMIT_MS, maxBuffer: 8 * MOST_BYTES }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr.trim() || error.message, { cause: error }));
      else resolve(stdout);
    });
  });
}

function readEnd(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, MOST_BYTES));
    const length = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString("utf8", 0, length);
    // The first line may have been cut.
    return size > buffer.length ? text.slice(text.indexOf("\n") + 1) : text;
  } finally {
    closeSync(file);
  }
}
