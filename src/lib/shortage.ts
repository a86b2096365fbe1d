import { systemCodeOf } from "./errors.ts";
import { isFileShortage } from "./system-errors.ts";

/** What the system answers where it has no room for one more process, thread or file, and what to look at. */
const SHORTAGES: Readonly<Record<string, string>> = {
  EAGAIN: "no more processes may be started: TasksMax=, pids.max or ulimit -u is reached",
  EMFILE: "no more files may be opened: LimitNOFILE= or ulimit -n is reached",
  ENFILE: "the machine has no more open files to give: fs.file-max is reached",
  ENOMEM: "the machine has no memory for one more process",
};

/**
 * Why the machine refused to start a process or a thread, where that is what the error says: it passes, and is nothing
 * that the program or its input did.
 */
export function shortageOf(error: unknown): string | undefined {
  const code = systemCodeOf(error);
  if (code === undefined) return undefined;
  // A thread of Node's has the system's code in its message alone.
  const known = code === "ERR_WORKER_INIT_FAILED" ? codeWithin(error) : code;
  const reason = known && SHORTAGES[known];
  return reason && `${reason} (${known})`;
}

/** The code of our own under which such a refusal is told; undefined where it is none. */
export function shortageCodeOf(error: unknown): "TOO_MANY_FILES" | "NO_PROCESS" | undefined {
  if (isFileShortage(error)) return "TOO_MANY_FILES";
  return shortageOf(error) === undefined ? undefined : "NO_PROCESS";
}

function codeWithin(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  return Object.keys(SHORTAGES).find((code) => message.includes(code));
}

/** What the runtime answers where the machine is short of something. */
const SHORT_OF = /alloc|memory|no space|too many open files|temporarily unavailable/i;

/** Whether a message of the runtime's says so. */
export function tellsShortage(message: string): boolean {
  return SHORT_OF.test(message);
}
