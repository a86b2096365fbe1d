import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeCgroups } from "./systemd/cgroups.ts";

/** What the kernel allows a process that runs, and those that it starts. Ends with the test. */
export interface Limit {
  /** From now on it gets no more of it; what it has, it keeps. */
  refuse(): void;
  allow(): void;
}

type AtEnd = (remove: () => Promise<void>) => void;

/**
 * Processes and threads: by a cgroup for root, whom no RLIMIT_NPROC counts, and by that for everybody else.
 *
 * @param atEnd of the test's context, where it runs beside others.
 */
export function limitProcesses(pid: number, atEnd: AtEnd = onTestFinished): Limit {
  return process.getuid?.() === 0 ? limitByCgroup(pid, atEnd) : limitByPrlimit(pid, "nproc", "Max processes");
}

/** Open files: what would get a number from 3 on is refused. */
export function limitFiles(pid: number): Limit {
  return limitByPrlimit(pid, "nofile", "Max open files");
}

function limitByCgroup(pid: number, atEnd: AtEnd): Limit {
  const cgroups = makeCgroups(`combot-machine.${process.pid}.pids-of-${pid}`);
  atEnd(() => cgroups.remove());
  const place = cgroups.paths.find((path) => existsSync(join(path, "pids.max")));
  if (place === undefined) throw new Error("this machine has no pids cgroups");
  const write = (file: string, value: string): void => writeFileSync(join(place, file), value);
  write("cgroup.procs", String(pid));
  return { refuse: () => write("pids.max", "1"), allow: () => write("pids.max", "max") };
}

/** The soft limit alone, which may be raised again. */
function limitByPrlimit(pid: number, name: string, title: string): Limit {
  const soft = new RegExp(`^${title}\\s+(\\w+)`, "m").exec(readFileSync(`/proc/${pid}/limits`, "latin1"))?.[1];
  if (soft === undefined) throw new Error(`/proc/${pid}/limits has no ${title}`);
  const set = (value: string): void => void execFileSync("prlimit", [`--pid=${pid}`, `--${name}=${value}:`]);
  return { refuse: () => set(name === "nofile" ? "3" : "1"), allow: () => set(soft) };
}
