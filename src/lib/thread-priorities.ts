import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

/** Of every thread that a process has: on Linux each has a priority of its own. */
export function setThreadPriorities(pid: number, priority: number): void {
  for (const thread of threadsOf(pid)) setOf(thread, priority);
}

/** Of a process's first thread, or of another one. @returns false where it has ended, or may not be set. */
export function setOf(id: number, priority: number): boolean {
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
