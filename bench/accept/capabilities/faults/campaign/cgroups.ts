import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = "/sys/fs/cgroup";
const IS_V2 = existsSync(`${ROOT}/cgroup.controllers`);

/** A cgroup for one controller of its own with v1, for all with v2. Needs root. */
export class Cgroup {
  readonly path: string;

  constructor(controller: "memory" | "pids", name: string) {
    this.path = `${ROOT}/${IS_V2 ? "" : `${controller}/`}${name}-${controller}-${process.pid}`;
    if (IS_V2) writeFileSync(`${ROOT}/cgroup.subtree_control`, `+${controller}`);
    mkdirSync(this.path);
  }

  get pids(): number[] {
    return readFileSync(`${this.path}/cgroup.procs`, "latin1").split("\n").filter(Boolean).map(Number);
  }

  /** Throws where the process has gone. */
  take(pid: number): void {
    writeFileSync(`${this.path}/cgroup.procs`, String(pid));
  }

  /** @param most of memory, in bytes. */
  limitMemory(most: number): void {
    writeFileSync(`${this.path}/${IS_V2 ? "memory.max" : "memory.limit_in_bytes"}`, String(most));
  }

  /** How many the kernel has killed here for want of memory. */
  get oomKills(): number {
    const text = readFileSync(`${this.path}/${IS_V2 ? "memory.events" : "memory.oom_control"}`, "latin1");
    return Number(/^oom_kill (\d+)$/mu.exec(text)?.[1] ?? 0);
  }

  /** Processes and threads, at most; undefined: as many as there like. */
  limitTasks(most: number | undefined): void {
    writeFileSync(`${this.path}/pids.max`, most === undefined ? "max" : String(most));
  }

  /** How often the kernel has refused a process or a thread here. */
  get refused(): number {
    return Number(/^max (\d+)$/mu.exec(readFileSync(`${this.path}/pids.events`, "latin1"))?.[1] ?? 0);
  }

  get tasks(): number {
    return Number(readFileSync(`${this.path}/pids.current`, "latin1"));
  }

  async remove(): Promise<void> {
    for (let left = 100; left > 0; left--) {
      try {
        return rmdirSync(this.path);
      } catch {
        await delay(50);
      }
    }
  }
}
