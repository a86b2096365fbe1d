import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";

/** Pages of a process that no file backs, in bytes, as /proc/<pid>/smaps_rollup counts them; 0 where it has ended. */
export function anonymousBytes(pid: number): number {
  try {
    const match = /^Anonymous:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

export function rssBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(match?.[1] ?? 0) * 1024;
}

/** A process and all that descend from it. */
export function treeOf(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => {
    const listed = readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").trim();
    return listed === "" ? [] : listed.split(" ").map(Number);
  });
  return [pid, ...children.flatMap(treeOf)];
}

/** To a process and all that descend from it, the first ones first: they start no more. @returns those that were there. */
export function signalTree(pid: number, name: NodeJS.Signals): readonly number[] {
  return livingTree(pid).filter((one) => {
    try {
      return process.kill(one, name);
    } catch {
      // It has just ended.
      return false;
    }
  });
}

function livingTree(pid: number): number[] {
  try {
    return treeOf(pid);
  } catch {
    return [];
  }
}

/** A memory cgroup of one's own, v1 or v2: the kernel's own count of what its processes take. Needs root. */
export class MemoryCgroup {
  readonly path: string;
  readonly #version: 1 | 2;
  #limitBytes = Infinity;

  constructor(name: string) {
    this.#version = existsSync("/sys/fs/cgroup/memory") ? 1 : 2;
    const root = this.#version === 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
    // v2 gives a controller to the cgroups inside only when told.
    if (this.#version === 2) writeFileSync(`${root}/cgroup.subtree_control`, "+memory");
    this.path = `${root}/${name}-${process.pid}`;
    mkdirSync(this.path);
  }

  /** A command that runs what follows it inside. */
  get wrapper(): string[] {
    return ["sh", "-c", `echo $$ > ${this.path}/cgroup.procs && exec "$@"`, "sh"];
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  set limitBytes(bytes: number) {
    this.#limitBytes = bytes;
    writeFileSync(`${this.path}/${this.#version === 1 ? "memory.limit_in_bytes" : "memory.max"}`, String(bytes));
  }

  /** What its processes hold, page cache and, with v2, slabs that can be dropped apart: as the daemon reads it. */
  get usedBytes(): number {
    const file = this.#version === 1 ? "memory.usage_in_bytes" : "memory.current";
    const stat = readFileSync(`${this.path}/memory.stat`, "latin1");
    const field = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
    const prefix = this.#version === 1 ? "total_" : "";
    // v1 doesn't count it.
    const droppable = ["active_file", "inactive_file", "slab_reclaimable"].map((name) => field(`${prefix}${name}`));
    return Number(readFileSync(`${this.path}/${file}`, "latin1")) - droppable.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Processes inside. */
  get pids(): number[] {
    const listed = readFileSync(`${this.path}/cgroup.procs`, "latin1").trim();
    return listed === "" ? [] : listed.split("\n").map(Number);
  }

  /** Anonymous memory of all processes inside. */
  get anonymousBytes(): number {
    const stat = readFileSync(`${this.path}/memory.stat`, "latin1");
    const field = this.#version === 1 ? "total_rss" : "anon";
    return Number(new RegExp(`^${field} (\\d+)$`, "m").exec(stat)?.[1] ?? NaN);
  }

  /** Has the kernel take back all that it can without ending a process: what `memory.reclaim` of v2 is for. */
  reclaim(): void {
    if (this.#version === 1) return writeFileSync(`${this.path}/memory.force_empty`, "0");
    try {
      writeFileSync(`${this.path}/memory.reclaim`, readFileSync(`${this.path}/memory.current`));
    } catch (error) {
      // It took back less than was asked for, as it should: not all of it can be.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }

  remove(): void {
    rmdirSync(this.path);
  }
}
