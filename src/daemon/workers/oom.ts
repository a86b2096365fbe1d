import { join } from "node:path";
import { findCgroup } from "../../lib/cgroup-place.ts";
import { kernelFiles } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";

/** Moves from one cgroup to another are somebody's doing: they are noticed within this. */
const LOOK_EVERY_MS = 100;

/**
 * Where the kernel counts processes that it killed for want of memory. v2: those of this cgroup and of those inside it,
 * whatever ran out, its own limit or the machine (Linux, Documentation/admin-guide/cgroup-v2.rst, memory.events). v1:
 * those of this cgroup alone (cgroup-v1/memory.rst).
 */
const COUNTERS = { 1: "memory.oom_control", 2: "memory.events" } as const;
/** Of the whole machine, in any cgroup; Linux 4.13 and later. */
const MACHINE_COUNTER = "/proc/vmstat";

interface Place {
  readonly membership: string | undefined;
  readonly counter: string;
}

/**
 * Tells whether it was the kernel that killed a process for want of memory: by the counter of the cgroup that the process
 * is in, or of the machine where that has none. What the kernel kills elsewhere is not told apart there alone.
 */
export class OomWatch {
  readonly #pid: number;
  readonly #files: KernelFiles;
  readonly #now: () => number;
  #place: Place = { membership: undefined, counter: MACHINE_COUNTER };
  #before: number | null = null;
  #lookedAtMs = -Infinity;

  /** @param pid of a process that lives, or 0. @param now a clock that never goes back, in ms. */
  constructor(pid: number, files: KernelFiles = kernelFiles, now: () => number = () => performance.now()) {
    this.#pid = pid;
    this.#files = withoutThrowing(files);
    this.#now = now;
    this.#before = this.#count(MACHINE_COUNTER);
    this.look();
  }

  /** Finds out where the process is by now; costs nothing when it was asked a moment ago. */
  look(): void {
    const nowMs = this.#now();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    const membership = this.#files.read(`/proc/${this.#pid}/cgroup`);
    // One that has ended is in the root, or nowhere: what was known of it before holds.
    if (membership === undefined || membership === this.#place.membership) return;
    this.#place = { membership, counter: this.#counterIn(membership) };
    this.#before = this.#count(this.#place.counter);
  }

  /** Of a process that ended by SIGKILL; null where the kernel doesn't say. */
  get struck(): boolean | null {
    const count = this.#count(this.#place.counter);
    return count === null || this.#before === null ? null : count > this.#before;
  }

  /** Of the innermost level that has one: the root has none with v2, nor has a cgroup without the controller. */
  #counterIn(membership: string): string {
    const { version, levels } = findCgroup(membership, this.#pid, this.#files);
    if (version === null) return MACHINE_COUNTER;
    const counters = levels.map((folder) => join(folder, COUNTERS[version]));
    return counters.find((path) => this.#count(path) !== null) ?? MACHINE_COUNTER;
  }

  #count(path: string): number | null {
    const line = /^oom_kill (\d+)$/m.exec(this.#files.read(path) ?? "")?.[1];
    return line === undefined ? null : Number(line);
  }
}

/** To look on must not break what is looked at: where no descriptor is left, nothing is known. */
function withoutThrowing(files: KernelFiles): KernelFiles {
  const read = (path: string): string | undefined => {
    try {
      return files.read(path);
    } catch {
      return undefined;
    }
  };
  return { ...files, read };
}
