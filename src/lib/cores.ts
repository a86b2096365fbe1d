import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findCgroup } from "./cgroup-place.ts";
import { kernelFiles } from "./kernel-files.ts";
import type { KernelFiles } from "./kernel-files.ts";

/**
 * Cores that this process may keep busy, a whole number from 1 on: those of its cpuset and affinity, or what a quota
 * leaves of them, its own cgroup's or of one that it lies in (Linux, Documentation/admin-guide/cgroup-v2.rst, cpu.max;
 * scheduler/sched-bwc.rst). More threads than a quota has cores use it up at the start of each period, and then all of
 * them stand still together. Node's own count knows the quota on some kernels and mounts only.
 */
export function usableCores(
  files: KernelFiles = kernelFiles,
  pid = process.pid,
  found = availableParallelism(),
): number {
  const { version, levels } = findCgroup(files.read("/proc/self/cgroup") ?? "", pid, files, "cpu");
  const quota = version === 1 ? quotaV1 : quotaV2;
  return Math.max(1, Math.floor(Math.min(found, ...levels.map((folder) => quota(folder, files)))));
}

/** `cpu.max` is `max 100000` or `150000 100000`. */
function quotaV2(folder: string, { read }: KernelFiles): number {
  const [, quota, period] = /^(\d+) (\d+)/.exec(read(join(folder, "cpu.max")) ?? "") ?? [];
  return quota === undefined || period === undefined ? Infinity : Number(quota) / Number(period);
}

/** −1 is none. */
function quotaV1(folder: string, { read }: KernelFiles): number {
  const quota = Number(read(join(folder, "cpu.cfs_quota_us")) ?? NaN);
  const period = Number(read(join(folder, "cpu.cfs_period_us")) ?? NaN);
  return quota > 0 && period > 0 ? quota / period : Infinity;
}
