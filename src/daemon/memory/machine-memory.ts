import { readFile } from "node:fs/promises";
import { KIB } from "../../lib/units.ts";

export interface MemoryUsage {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** What the machine has and can't give out: MemTotal − MemAvailable, so that page cache doesn't count. */
export async function readMachineMemory(): Promise<MemoryUsage> {
  const text = await readFile("/proc/meminfo", "latin1");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * KIB;
  const limitBytes = field("MemTotal");
  return { usedBytes: limitBytes - field("MemAvailable"), limitBytes };
}

export interface Pressure {
  /** Percent of the last 10 s in which some, and all, tasks waited for memory. */
  readonly some10: number;
  readonly full10: number;
}

/** Memory pressure-stall information of the machine; null where the kernel has none. */
export async function readPressure(): Promise<Pressure | null> {
  const text = await readFile("/proc/pressure/memory", "latin1").catch(() => "");
  const share = (kind: string): number => Number(new RegExp(`^${kind} avg10=([\\d.]+)`, "m").exec(text)?.[1] ?? NaN);
  const some10 = share("some");
  const full10 = share("full");
  return Number.isNaN(some10) || Number.isNaN(full10) ? null : { some10, full10 };
}
