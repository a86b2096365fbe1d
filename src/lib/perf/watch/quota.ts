import { join } from "node:path";
import { findCgroup } from "../../cgroup-place.ts";
import { kernelFiles } from "../../kernel-files.ts";
import type { KernelFiles } from "../../kernel-files.ts";

/** Periods of the CPU quotas that a process lies under, and those in which one of them stopped it. */
export interface QuotaPeriods {
  readonly periods: number;
  readonly throttled: number;
}

/**
 * Of each cgroup that the process lies in, as far up as is seen (Linux, scheduler/sched-bwc.rst; cgroup-v2.rst, cpu.stat).
 * Without a quota no period is counted.
 */
export function quotaPeriods(pid: number, files: KernelFiles = kernelFiles): readonly QuotaPeriods[] {
  const { levels } = findCgroup(files.read(`/proc/${pid}/cgroup`) ?? "", pid, files, "cpu");
  return levels.map((folder) => {
    const text = files.read(join(folder, "cpu.stat")) ?? "";
    const of = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    return { periods: of("nr_periods"), throttled: of("nr_throttled") };
  });
}

/** The share of the periods between two readings in which the tightest quota stopped the process; null without one. */
export function throttledBetween(before: readonly QuotaPeriods[], after: readonly QuotaPeriods[]): number | null {
  const shares = after.flatMap(({ periods, throttled }, level) => {
    const passed = periods - (before[level]?.periods ?? periods);
    return passed > 0 ? [(throttled - (before[level]?.throttled ?? throttled)) / passed] : [];
  });
  return shares.length === 0 ? null : Math.max(...shares);
}
