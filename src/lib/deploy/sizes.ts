import type { ProfileName } from "../config/profiles.ts";
import { formatBytes, GIB, MIB } from "../units.ts";

export interface Sizes {
  /** MemoryMax= of the daemon with its workers. */
  readonly combotBytes: number;
  /** MemoryMax= of the managed Redis. */
  readonly redisBytes: number;
  /** Redis' own `maxmemory`. */
  readonly redisMaxBytes: number;
  /** The sum that leads to `combotBytes`, in words. */
  readonly arithmetic: string;
}

const SYSTEM_BYTES = 0.6 * GIB;
const POSTGRES_BYTES = 1 * GIB;
const PAGE_CACHE_BYTES = 1.3 * GIB;
const STEP_BYTES = 64 * MIB;

const FIXED = {
  "t3.large": { combotBytes: 4 * GIB, redisBytes: 768 * MIB, redisMaxBytes: 512 * MIB },
  "t3.xlarge": { combotBytes: 9 * GIB, redisBytes: 1536 * MIB, redisMaxBytes: 1024 * MIB },
} as const;

/** How a machine's memory is shared out. `auto` shares out what is there as t3.large shares 7.7 GiB. */
export function sizesFor(profile: ProfileName, memoryBytes: number): Sizes {
  const sizes = profile === "auto" ? autoSizes(memoryBytes) : FIXED[profile];
  const { combotBytes, redisBytes } = sizes;
  const rest = memoryBytes - combotBytes - redisBytes - SYSTEM_BYTES;
  const found = `${formatBytes(memoryBytes)} found: combot ${formatBytes(combotBytes)}, Redis ${formatBytes(redisBytes)}`;
  const arithmetic = `${profile}, ${found}, system ${formatBytes(SYSTEM_BYTES)}, left for page cache and others ${formatBytes(rest)}`;
  return { ...sizes, arithmetic };
}

function autoSizes(memoryBytes: number): Omit<Sizes, "arithmetic"> {
  const redisBytes = clamp(roundDown(memoryBytes / 10), 2 * STEP_BYTES, FIXED["t3.xlarge"].redisBytes);
  const others = SYSTEM_BYTES + redisBytes + POSTGRES_BYTES + PAGE_CACHE_BYTES;
  const combotBytes = clamp(roundDown(memoryBytes - others), roundDown(memoryBytes / 2), roundDown(memoryBytes * 0.58));
  return { combotBytes, redisBytes, redisMaxBytes: roundDown((redisBytes * 2) / 3) };
}

/** Null where the machine holds what the profile gives out; else what is missing. */
export function shortageOf(sizes: Sizes, memoryBytes: number): string | null {
  const needed = sizes.combotBytes + sizes.redisBytes + SYSTEM_BYTES;
  return needed <= memoryBytes ? null : `it takes ${formatBytes(needed)}, the machine has ${formatBytes(memoryBytes)}`;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}

function roundDown(bytes: number): number {
  return Math.floor(bytes / STEP_BYTES) * STEP_BYTES;
}

/** As systemd and Redis both read it, on whole MiB. */
export function inMib(bytes: number, unit: "M" | "mb"): string {
  return `${Math.round(bytes / MIB)}${unit}`;
}
