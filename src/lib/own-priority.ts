import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { hangLimitMs } from "./slowness.ts";
import { setThreadPriorities } from "./thread-priorities.ts";

const LOWEST = constants.priority.PRIORITY_LOW;
const CHRT_LIMIT_MS = hangLimitMs(2000);

/**
 * Has this process, and what it starts from now on, get what others leave: for work that nobody waits for beside a daemon
 * that serves. On a machine that is busy throughout it hardly gets on.
 */
export function takeWhatOthersLeave(): void {
  if (leadsSession()) lowerSession(LOWEST);
  takeLowestPriority();
  joinIdleClass();
}

/** Every thread of it; later ones begin with their maker's. */
export function takeLowestPriority(): void {
  setThreadPriorities(process.pid, LOWEST);
}

/**
 * Whose tasks give way at once to whoever wakes up (sched(7), SCHED_IDLE); the lowest priority alone keeps a processor until
 * the kernel's next tick, four times on a call's way. Node can't ask for it: util-linux can.
 */
function joinIdleClass(): void {
  const args = ["--all-tasks", "--idle", "--pid", "0", String(process.pid)];
  try {
    execFileSync("chrt", args, { stdio: "ignore", timeout: CHRT_LIMIT_MS });
  } catch {
    // Not here, or not allowed.
  }
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
