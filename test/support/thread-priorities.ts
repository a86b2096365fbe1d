import { readFileSync, readdirSync } from "node:fs";
import { getPriority } from "node:os";

/** The priorities that a process's threads have, each once. */
export function threadPriorities(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));
  return [...new Set(threads)];
}

/** The scheduling class of each of its threads. */
export function schedulingOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  // proc_pid_stat(5): the policy is the 41st field, two of which stand before the bracket.
  return readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/stat`, "latin1").split(") ").at(-1)?.split(" ")[38]),
  );
}
