import { kilobytesIn } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import { parsePressure } from "./pressure.ts";
import type { Pressure } from "./pressure.ts";

export interface MemoryUsage {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/**
 * What the machine has and can't give out: MemTotal − MemAvailable, so that page cache doesn't count.
 *
 * @throws where /proc/meminfo can't be read (systemd: ProcSubset=pid hides it).
 */
export function machineMemory({ read }: KernelFiles): MemoryUsage {
  const field = kilobytesIn(read("/proc/meminfo") ?? "");
  const limitBytes = field("MemTotal");
  const usedBytes = limitBytes - field("MemAvailable");
  if (Number.isNaN(usedBytes)) throw new Error("/proc/meminfo doesn't say how much memory there is");
  return { usedBytes, limitBytes };
}

export function machinePressure({ read }: KernelFiles): Pressure | null {
  return parsePressure(read("/proc/pressure/memory"));
}
