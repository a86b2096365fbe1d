import type { Stalls } from "./kernel-figures.ts";

export type { Stalls };

/** How the machine does at one moment. Shares are of one, and rates over the time since the last reading. */
export interface MachineFigures {
  /** Null at the first reading, which has nothing to be held against. */
  readonly cpu: CpuShares | null;
  /** Busy share of each core; empty at the first reading. */
  readonly cores: readonly number[];
  /** Of 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  readonly swap: { readonly totalBytes: number; readonly usedBytes: number };
  readonly pressure: { readonly cpu: Stalls | null; readonly memory: Stalls | null; readonly io: Stalls | null };
  readonly disk: DiskFigures;
  readonly network: { readonly receivedPerSecond: number | null; readonly sentPerSecond: number | null };
}

export interface CpuShares {
  readonly busy: number;
  readonly user: number;
  readonly system: number;
  readonly wait: number;
  readonly steal: number;
}

/** Bytes; of every disk of the machine but for the use, which is that of one file system. */
export interface DiskFigures {
  readonly path: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly readPerSecond: number | null;
  readonly writtenPerSecond: number | null;
  /** Share of the time that the busiest disk had something to do. */
  readonly busy: number | null;
}
