import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Has this process, and what it starts from now on, get what others leave: for work that nobody waits for beside a daemon
 * that serves. Every thread of it, since on Linux each has a priority of its own; later ones begin with their maker's.
 */
export function takeWhatOthersLeave(): void {
  const lowest = constants.priority.PRIORITY_LOW;
  setPriority(lowest);
  try {
    for (const thread of readdirSync("/proc/self/task")) setPriority(Number(thread), lowest);
  } catch {
    // One has ended meanwhile, or this is no Linux.
  }
  if (leadsSession()) lowerSession(lowest);
}

/**
 * Where the kernel groups by session (sched(7), The autogroup feature), as it does for whoever comes in by ssh, a priority
 * counts within the session alone, and each session gets as much as the daemon's. Its own can be lowered as a whole.
 */
function lowerSession(priority: number): void {
  try {
    writeFileSync("/proc/self/autogroup", String(priority));
  } catch {
    // A kernel that does not.
  }
}

/** Else the session is somebody's shell, and not ours to lower. */
function leadsSession(): boolean {
  try {
    // proc_pid_stat(5): the session is the fourth field behind the name.
    const fields = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1)?.split(" ");
    return Number(fields?.[3]) === process.pid;
  } catch {
    return false;
  }
}
