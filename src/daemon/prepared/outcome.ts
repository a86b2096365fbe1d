import { WorkerEndedError, WorkerFailedError } from "../workers/worker-process.ts";

/** A process ends with these of what it computes; with others of what happened around it. */
const OWN_FAULTS: readonly (NodeJS.Signals | null)[] = ["SIGSEGV", "SIGILL", "SIGFPE"];
/** What the runtime answers where the machine is short of something. */
const SHORTAGE = /alloc|memory|no space|too many open files|temporarily unavailable/i;

/** Whether it would come out the same another time; else it is to be tried again. */
export function isLasting(error: unknown): boolean {
  if (error instanceof WorkerFailedError) return !SHORTAGE.test(error.message);
  return (
    error instanceof WorkerEndedError && error.ending.kind === "signal" && OWN_FAULTS.includes(error.ending.signal)
  );
}
