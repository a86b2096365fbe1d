import { readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setThreadPriorities } from "../../lib/thread-priorities.ts";

/** Where all want a core, this is four fifths of what another one gets. With three steps, a half, loads took twice as long. */
const STEPS = 1;
const LEAST_PRIORITY = 19;
const CAP_SYS_NICE = 23n;

/**
 * A tenth of the event loop's share of a core that both want: everybody waits for the loop, which takes little, and it
 * would wait for workers that take all they get.
 */
export const BEHIND_LOOP = 10;

/** What a process has that computes for this one, whose own may have been lowered since it began. */
function usual(): number {
  return Math.min(LEAST_PRIORITY, getPriority() + BEHIND_LOOP);
}

/** To be told of a process that has just been started. */
export function putBehindLoop(pid: number): void {
  if (pid !== 0) setThreadPriorities(pid, usual());
}

/** Has a process that serves nobody get what the others leave, for good. */
export function putLast(pid: number): void {
  if (pid !== 0) setThreadPriorities(pid, LEAST_PRIORITY);
}

/** Has a process that nobody waits for get less of the processors than those that serve. @returns whether it does. */
export function lowerPriority(pid: number): boolean {
  if (pid === 0 || !mayRaise()) return false;
  return setThreadPriorities(pid, Math.min(LEAST_PRIORITY, usual() + STEPS));
}

/** As if it had never been lowered, every thread of it. */
export function restorePriority(pid: number): void {
  setThreadPriorities(pid, usual());
}

/** Anybody may lower a priority, but to give it back takes the right to (LimitNICE= of the unit) or a privilege. */
export function mayRaise(): boolean {
  try {
    const limit = readFileSync("/proc/self/limits", "utf8").match(/^Max nice priority\s+(\w+)/m)?.[1];
    if (limit === "unlimited" || Number(limit) >= 20 - usual()) return true;
    const effective = readFileSync("/proc/self/status", "utf8").match(/^CapEff:\s+([\da-f]+)/m)?.[1] ?? "0";
    return ((BigInt(`0x${effective}`) >> CAP_SYS_NICE) & 1n) === 1n && isInitialUserNamespace();
  } catch {
    return false;
  }
}

/** A capability in another one does not reach this far. */
function isInitialUserNamespace(): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
}
