import { readdirSync } from "node:fs";
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
}
