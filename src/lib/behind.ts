import { execFileSync } from "node:child_process";
import { constants, setPriority } from "node:os";

const LIMIT_MS = 2000;

/**
 * From here on this process, with its threads and what it starts, takes the processor time that others leave: the least
 * priority, and the kernel's idle class (sched(7)), whose tasks give way at once to whoever wakes up. Node can't ask for
 * that class; where util-linux is not there to do it, the least priority has to do.
 */
export function stepBehind(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  try {
    execFileSync("chrt", ["--all-tasks", "--idle", "--pid", "0", String(process.pid)], {
      stdio: "ignore",
      timeout: LIMIT_MS,
    });
  } catch {
    // Not here, or not allowed.
  }
}
