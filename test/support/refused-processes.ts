import { readFileSync, readdirSync } from "node:fs";
import { onTestFinished } from "vitest";

const VARIABLE = "LD_LIBRARY_PATH";

/**
 * Makes a variable that children get larger than the kernel takes: execve(2) answers E2BIG, which Node throws, as it does
 * ENOMEM. @returns what puts it back; the end of the test does as well.
 */
export function refuseProcesses(): () => void {
  const before = process.env[VARIABLE];
  const allow = (): void => {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  };
  onTestFinished(allow);
  process.env[VARIABLE] = "/".repeat(200_000);
  return allow;
}

/**
 * Of a process: dead, and not yet reaped where it is a child of this one, since nothing of this thread's loop has run. Its
 * first thread may be before the others are, and while one is left its descriptors are open.
 */
export function killAtOnce(pid: number): void {
  process.kill(pid, "SIGKILL");
  const state = (): string | undefined => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0];
  while (state() !== "Z" || readdirSync(`/proc/${pid}/task`).length > 1);
}

/** Of every thread of a process. */
export function childrenOf(pid: number): number[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1"),
  );
  return lists.join(" ").split(" ").filter(Boolean).map(Number);
}
