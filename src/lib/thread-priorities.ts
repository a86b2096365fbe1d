import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Of every thread that a process has: on Linux each has a priority of its own. The first before the others, since those that
 * it starts from then on begin with what it has; it has started some before whoever started it gets on, on a busy machine.
 *
 * @returns false where it has ended, or may not be set.
 */
export function setThreadPriorities(pid: number, priority: number): boolean {
  const isSet = setOf(pid, priority);
  for (const thread of threadsOf(pid)) setOf(thread, priority);
  return isSet;
}

function setOf(id: number, priority: number): boolean {
  try {
    setPriority(id, priority);
    return true;
  } catch {
    return false;
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    // It has ended.
    return [];
  }
}
