import { readdirSync } from "node:fs";
import { getPriority } from "node:os";

/** The priorities that a process's threads have, each once. */
export function threadPriorities(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)));
  return [...new Set(threads)];
}
