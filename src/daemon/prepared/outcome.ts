import { tellsShortage } from "../../lib/shortage.ts";
import { WorkerEndedError, WorkerFailedError } from "../workers/worker-process.ts";

/** A process ends with these of what it computes; with others of what happened around it. */
const OWN_FAULTS: readonly (NodeJS.Signals | null)[] = ["SIGSEGV", "SIGILL", "SIGFPE"];

/** Whether it would come out the same another time; else it is to be tried again. */
export function isLasting(error: unknown): boolean {
  if (error instanceof WorkerFailedError) return !tellsShortage(error.message);
  return (
    error instanceof WorkerEndedError && error.ending.kind === "signal" && OWN_FAULTS.includes(error.ending.signal)
  );
}

/** Whether its process was refused or killed from outside: at once it may come out otherwise. */
export function isCutOff(error: unknown): boolean {
  return error instanceof WorkerEndedError && (error.ending.kind === "refused" || error.ending.kind === "killed");
}
