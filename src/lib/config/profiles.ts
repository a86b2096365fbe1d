import { GIB, MIB } from "../units.ts";

export const PROFILES = ["t3.large", "t3.xlarge", "auto"] as const;
export type ProfileName = (typeof PROFILES)[number];

/** What `auto` computes from: cores to run on, and bytes of memory (the machine's, or its cgroup's tighter limit). */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** By how much everything takes longer here than planned for, 1 and more; 1 where left out. */
  readonly slowness?: number;
}

/** A setting whose value depends on the profile. `autoDoc` puts `auto` in words, for the docs. */
export interface Sizes {
  readonly "t3.large": number;
  readonly "t3.xlarge": number;
  readonly auto: (machine: Machine) => number;
  readonly autoDoc: string;
}

const MAX_WORKERS = 16;
const CACHE_ENTRIES_PER_WORKER = 50;

/** t3.large shows about 7.7 GiB and t3.xlarge about 15.5: the line lies between the two. */
const LARGE_MACHINE_BYTES = 12 * GIB;

/** The daemon itself stands at 90 MB; the rest is its in-memory tier, buffers and a margin. */
const DAEMON_BYTES = 256 * MIB;

/**
 * One worker with a model of DistilBERT's size in fp32 whose weights nobody shares took 404 MB (two: 808 MB);
 * rounded up. Shared and prepacked weights take far less, which is left as room.
 */
const WORKER_BYTES = 512 * MIB;

/** Half of the memory is combot's; the other half is for the system, Redis, a local Postgres and page cache. */
const COMBOT_SHARE = 0.5;

/** min(cores, ⌊(memory × ½ − 256 MiB) / 512 MiB⌋), and at least 1, at most 16. */
function autoWorkers({ cores, memoryBytes }: Machine): number {
  const held = Math.floor((memoryBytes * COMBOT_SHARE - DAEMON_BYTES) / WORKER_BYTES);
  return Math.max(1, Math.min(Math.floor(cores), held, MAX_WORKERS));
}

/** One value below 12 GiB, another from there. */
function byMemory(small: number, large: number): Sizes {
  return {
    "t3.large": small,
    "t3.xlarge": large,
    auto: ({ memoryBytes }) => (memoryBytes < LARGE_MACHINE_BYTES ? small : large),
    autoDoc: `${small} below 12 GiB, else ${large}`,
  };
}

/** Every profile-dependent value. `auto` on the two machines named gives what their own profiles say. */
export const SIZES = {
  workers: {
    "t3.large": 2,
    "t3.xlarge": 4,
    auto: autoWorkers,
    autoDoc: "cores (a CPU quota counts), at most ⌊(memory × ½ − 256 MiB) / 512 MiB⌋, 1 to 16",
  },
  maxCacheSize: {
    "t3.large": 2 * CACHE_ENTRIES_PER_WORKER,
    "t3.xlarge": 4 * CACHE_ENTRIES_PER_WORKER,
    auto: (machine) => CACHE_ENTRIES_PER_WORKER * autoWorkers(machine),
    autoDoc: "50 × the WORKERS that auto computes",
  },
  maxUsersPerProcess: byMemory(50, 100),
  databasePoolMax: byMemory(10, 20),
  backupKeep: byMemory(7, 14),
} as const satisfies Record<string, Sizes>;

export function sizeFor(sizes: Sizes, profile: ProfileName, machine: Machine): number {
  return profile === "auto" ? sizes.auto(machine) : sizes[profile];
}
