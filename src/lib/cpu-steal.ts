import { kernelFiles } from "./kernel-files.ts";

/** Ticks of all CPUs together since boot. */
interface CpuTicks {
  readonly stolen: number;
  /** Nothing to do, or waiting for a disk. */
  readonly idle: number;
  readonly total: number;
}

/** The first line of /proc/stat (proc_stat(5)): what guests take is in user and nice already. Undefined: no such file. */
function ticksIn(text: string | undefined): CpuTicks | undefined {
  const line = /^cpu +(.*)$/m.exec(text ?? "")?.[1];
  if (line === undefined) return undefined;
  const counted = line.split(/\s+/).slice(0, 8).map(Number);
  return {
    stolen: counted[7] ?? 0,
    idle: (counted[3] ?? 0) + (counted[4] ?? 0),
    total: counted.reduce((sum, ticks) => sum + ticks, 0),
  };
}

/** Share of the CPU time between two readings of /proc/stat that the hypervisor gave to others; null: not known. */
export function stolenBetween(before: string | undefined, after: string | undefined): number | null {
  const [from, to] = [ticksIn(before), ticksIn(after)];
  if (!from || !to || to.total <= from.total) return null;
  return Math.max(0, to.stolen - from.stolen) / (to.total - from.total);
}

/** Share of it in which something ran, here or in the hypervisor; null: not known. */
export function busyBetween(before: string | undefined, after: string | undefined): number | null {
  const [from, to] = [ticksIn(before), ticksIn(after)];
  if (!from || !to || to.total <= from.total) return null;
  return 1 - Math.max(0, to.idle - from.idle) / (to.total - from.total);
}

/** What the hypervisor took of this machine's CPU time lately. */
export class StealMeter {
  readonly #windowMs: number;
  readonly #read: () => string | undefined;
  /** Oldest first; the first is as old as the window. */
  #readings: { readonly atMs: number; readonly text: string | undefined }[] = [];

  /** @param read what /proc/stat says now. */
  constructor(windowMs: number, read = (): string | undefined => kernelFiles.read("/proc/stat")?.split("\n", 1)[0]) {
    this.#windowMs = windowMs;
    this.#read = read;
  }

  /** Of the time that the readings within the window span; null at the first one, and where it is not known. */
  share(atMs: number): number | null {
    const now = { atMs, text: this.#read() };
    this.#readings = [...this.#readings.filter((earlier) => atMs - earlier.atMs <= this.#windowMs), now];
    return stolenBetween(this.#readings[0]?.text, now.text);
  }
}
