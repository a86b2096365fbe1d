import { join } from "node:path";
import { findCgroup } from "../../lib/cgroup-place.ts";
import type { CgroupPlace } from "../../lib/cgroup-place.ts";
import { kernelFiles } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import type { MemoryUsage } from "./machine-memory.ts";
import { parsePressure } from "./pressure.ts";
import type { Pressure } from "./pressure.ts";

/**
 * Names of the files, and of the lines of memory.stat that count what the kernel can drop: files read twice are active
 * and can be dropped as well. v1 charges slabs to its groups too, but doesn't say how much of them is reclaimable.
 *
 * memory.high counts as a limit: past it the kernel slows every allocation down, until nobody is answered any more.
 */
const FILES = {
  1: {
    used: "memory.usage_in_bytes",
    limits: ["memory.limit_in_bytes"],
    droppable: ["total_active_file", "total_inactive_file"],
  },
  2: {
    used: "memory.current",
    limits: ["memory.max", "memory.high"],
    droppable: ["active_file", "inactive_file", "slab_reclaimable"],
  },
} as const;

/** The memory cgroup that this process is in, v1 or v2, and those it lies in. Memory alone: swap isn't counted. */
export class Cgroup {
  readonly #files: KernelFiles;
  readonly #pid: number;
  #found: { readonly membership: string; readonly place: CgroupPlace } | undefined;

  constructor(files: KernelFiles = kernelFiles, pid: number = process.pid) {
    this.#files = files;
    this.#pid = pid;
  }

  /**
   * Of each level that has a limit.
   *
   * @param machineBytes memory of the machine: a limit above it limits nothing.
   */
  usages(machineBytes: number): MemoryUsage[] {
    const { version, levels } = this.#place();
    return version === null ? [] : levels.flatMap((folder) => this.#usageOf(folder, version, machineBytes));
  }

  pressure(): Pressure | null {
    const { unified } = this.#place();
    return unified === null ? null : parsePressure(this.#files.read(join(unified, "memory.pressure")));
  }

  /** Found once, and again when this process was moved or the folder is gone. */
  #place(): CgroupPlace {
    const membership = this.#files.read("/proc/self/cgroup") ?? "";
    const known = this.#found;
    const [folder] = known?.place.levels ?? [];
    if (known?.membership === membership && folder !== undefined && this.#files.exists(folder)) return known.place;
    const place = findCgroup(membership, this.#pid, this.#files);
    this.#found = { membership, place };
    return place;
  }

  /** None for a level without a limit, or without the controller, which v2 may still get. */
  #usageOf(folder: string, version: 1 | 2, machineBytes: number): MemoryUsage[] {
    const names = FILES[version];
    const limitBytes = Math.min(...names.limits.map((name) => parseLimit(this.#files.read(join(folder, name)))));
    if (limitBytes > machineBytes || limitBytes === 0) return [];
    const current = this.#files.read(join(folder, names.used));
    const stat = this.#files.read(join(folder, "memory.stat"));
    if (current === undefined || stat === undefined) return [];
    const droppableBytes = names.droppable.reduce((sum, name) => sum + lineOf(stat, name), 0);
    return [{ usedBytes: Math.max(0, Number(current) - droppableBytes), limitBytes }];
  }
}

/** Null where there is none. */
export function fullestOf(usages: readonly MemoryUsage[]): MemoryUsage | null {
  return usages.toSorted((a, b) => b.usedBytes / b.limitBytes - a.usedBytes / a.limitBytes)[0] ?? null;
}

/** `max`, and a file that isn't there, are no limit. */
function parseLimit(text = "max"): number {
  return /^\d+\s*$/.test(text) ? Number(text) : Infinity;
}

function lineOf(stat: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
}
