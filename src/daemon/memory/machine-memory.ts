import { kilobytesIn } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import { parsePressure } from "./pressure.ts";
import type { Pressure } from "./pressure.ts";

export interface MemoryUsage {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

const HIDDEN =
  "/proc/meminfo can't be read, as where /proc is mounted with subset=pid (ProcSubset=pid): mount all of it, or set MEMORY_LIMIT";

/**
 * What the machine has and can't give out: MemTotal − MemAvailable, so that page cache doesn't count.
 *
 * @throws where /proc/meminfo can't be read (systemd: ProcSubset=pid hides it).
 */
export function machineMemory({ read }: KernelFiles): MemoryUsage {
  const text = read("/proc/meminfo");
  if (text === undefined) throw new Error(HIDDEN);
  const field = kilobytesIn(text);
  const limitBytes = field("MemTotal");
  const usedBytes = limitBytes - field("MemAvailable");
  if (Number.isNaN(usedBytes)) throw new Error("/proc/meminfo doesn't say how much memory there is");
  return { usedBytes, limitBytes };
}

export function machinePressure({ read }: KernelFiles): Pressure | null {
  return parsePressure(read("/proc/pressure/memory"));
}
