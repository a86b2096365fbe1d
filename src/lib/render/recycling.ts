import type { LoadReply, UnloadReply } from "../protocol/model.ts";
import type { RecycleReply } from "../protocol/process.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { cameBack } from "./words.ts";

/** A line for each slot. */
export function renderRecycles({ recycles }: RecycleReply): string {
  return recycles.length === 0 ? "No workers to recycle." : recycles.map(recycleLine).join("\n");
}

function recycleLine({ slot, done, durationMs, freedBytes, error }: RecycleReply["recycles"][number]): string {
  if (error !== undefined) return `slot ${slot}: failed: ${error}`;
  if (!done) return `slot ${slot}: started`;
  const time = durationMs === undefined ? "" : ` in ${formatDuration(durationMs)}`;
  return `slot ${slot}: replaced${time}${freedBytes === undefined ? "" : `, freed ${cameBack(freedBytes)}`}`;
}

/** @param waited whether the call returned when the work was done. */
export function renderLoad({ started, ready, durationMs }: LoadReply, waited: boolean): string {
  if (started.length === 0) return `Nothing to start: ${slots(ready)} already loaded.`;
  if (!waited) return `Loading on ${slots(started)}.`;
  if (ready.length === 0) return `Started ${slots(started)}, but none was ready after ${formatDuration(durationMs)}.`;
  return `Started ${slots(started)}; ready after ${formatDuration(durationMs)}: ${slots(ready)}.`;
}

/** @param waited whether the call returned when the processes had ended. */
export function renderUnload(reply: UnloadReply, waited: boolean): string {
  const { stopped, beforeBytes, afterBytes, freedBytes, durationMs } = reply;
  if (stopped.length === 0) return "Nothing to unload.";
  if (!waited || afterBytes === null || freedBytes === null) {
    return `Unloading ${slots(stopped)}.\nbefore  ${formatBytes(beforeBytes)}`;
  }
  return [
    `Unloaded ${slots(stopped)} in ${formatDuration(durationMs)}.`,
    `before  ${formatBytes(beforeBytes)}`,
    `after   ${formatBytes(afterBytes)}`,
    `freed   ${cameBack(freedBytes)}`,
  ].join("\n");
}

function slots(list: readonly number[]): string {
  if (list.length === 0) return "no slot";
  return `${list.length === 1 ? "slot" : "slots"} ${list.join(", ")}`;
}
