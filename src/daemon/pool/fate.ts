import type { BatchFate } from "../policy/poison.ts";
import { WorkerEndedError } from "../workers/worker-process.ts";
import type { Worker } from "./worker.ts";

/** A worker whose weights were changed or taken away under it says nothing about the text it died with. */
export function fateOf(error: unknown, worker: Worker): BatchFate {
  if (error instanceof WorkerEndedError && error.untouched) return "untouched";
  if (!worker.intact) return "killed";
  if (!(error instanceof WorkerEndedError)) return "failed";
  return error.ending.kind === "killed" ? "killed" : "died";
}
