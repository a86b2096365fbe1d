import { readFile } from "node:fs/promises";
import { KIB } from "../../lib/units.ts";

export interface MemoryOfProcess {
  readonly rssBytes: number;
  /** Shared pages divided by the processes that map them (smaps_rollup, Pss). */
  readonly pssBytes: number;
  /** Pages no other process has. */
  readonly privateBytes: number;
  /** Resident file pages, which the kernel can drop. */
  readonly mappedBytes: number;
  /** Pages that no file backs: what only the end of the process, or its allocator, gives back. */
  readonly anonymousBytes: number;
}

/**
 * Reads /proc/<pid>/smaps_rollup. Costly: the kernel walks the page tables, 1 ms and more for a large model.
 *
 * @returns undefined where the process has ended or isn't ours to see.
 */
export async function readProcessMemory(pid: number): Promise<MemoryOfProcess | undefined> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "latin1").catch(() => "");
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? NaN) * KIB;
  const rssBytes = field("Rss");
  if (Number.isNaN(rssBytes)) return undefined;
  const anonymousBytes = field("Anonymous");
  return {
    rssBytes,
    pssBytes: field("Pss"),
    privateBytes: field("Private_Clean") + field("Private_Dirty"),
    mappedBytes: rssBytes - anonymousBytes,
    anonymousBytes,
  };
}
