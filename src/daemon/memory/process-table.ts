import type { ProcessMemory } from "../../lib/protocol/memory.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import { readProcessCounters, readProcessMemory } from "./process-memory.ts";
import type { MemoryOfProcess, ProcessCounters } from "./process-memory.ts";

export type Member = Pick<ProcessMemory, "role" | "pid">;

export interface ProcessFigures extends ProcessMemory {
  /** PSS and private bytes were read for this sample; else they are the last reading moved on. */
  readonly exact: boolean;
}

/** What smaps_rollup said, and what the counters said just before: later counters are compared with these. */
interface Reading {
  readonly counters: ProcessCounters;
  readonly memory: MemoryOfProcess;
  readonly exact: boolean;
}

interface Seen extends Member {
  readonly counters: ProcessCounters;
}

/** Mapped bytes that come or go, as a share of RSS, after which an estimate isn't trusted. */
const MOVED = 0.1;

/**
 * What each process takes: counters every time, and PSS, which is costly, only when it is due. Then it is read of all:
 * one process mapping a shared file changes the PSS of the others, whose own counters don't move, and a sum of readings
 * from different times counts shared pages twice or not at all.
 */
export class ProcessTable {
  readonly #files: KernelFiles;
  readonly #pssEveryMs: number;
  #readings: ReadonlyMap<number, Reading> = new Map();
  #readAtMs = -Infinity;

  constructor(files: KernelFiles, pssEveryMs: number) {
    this.#files = files;
    this.#pssEveryMs = pssEveryMs;
  }

  /** @returns those that live, in the order given. @param exact PSS is read now whether it is due or not. */
  async read(members: readonly Member[], nowMs: number, exact: boolean): Promise<readonly ProcessFigures[]> {
    const seen = this.#count(members);
    if (!exact && nowMs - this.#readAtMs < this.#pssEveryMs && this.#stillHolds(seen)) {
      return seen.map((process) => estimate(process, this.#readings.get(process.pid)!));
    }
    this.#readings = await this.#readAll(seen);
    this.#readAtMs = nowMs;
    return seen.flatMap((process) => figuresOf(process, this.#readings.get(process.pid)));
  }

  /** PSS of all as it was read last, moved on by what those processes have now of pages that no file backs. */
  treeBytes(anonymousBytes: ReadonlyMap<number, number>): number {
    let bytes = 0;
    for (const { memory } of this.#readings.values()) bytes += memory.pssBytes;
    for (const [pid, now] of anonymousBytes) bytes += now - (this.#readings.get(pid)?.memory.anonymousBytes ?? 0);
    return bytes;
  }

  #count(members: readonly Member[]): Seen[] {
    return members.flatMap(({ role, pid }) => {
      const counters = readProcessCounters(pid, this.#files);
      return counters ? [{ role, pid, counters }] : [];
    });
  }

  #stillHolds(seen: readonly Seen[]): boolean {
    return (
      seen.length === this.#readings.size &&
      seen.every(({ pid, counters }) => {
        const reading = this.#readings.get(pid);
        if (!reading) return false;
        const movedBytes = Math.abs(counters.mappedBytes - reading.counters.mappedBytes);
        return movedBytes <= MOVED * reading.counters.rssBytes;
      })
    );
  }

  /** Side by side: somebody may wait for it, and every core is taken for a few ms at most once in ten seconds. */
  async #readAll(seen: readonly Seen[]): Promise<ReadonlyMap<number, Reading>> {
    const readings = new Map<number, Reading>();
    const readOne = async ({ pid, counters }: Seen): Promise<void> => {
      const memory = await readProcessMemory(pid, this.#files);
      if (memory) readings.set(pid, { counters, memory, exact: true });
      else if (readProcessCounters(pid, this.#files)) readings.set(pid, assumeUnshared(counters));
    };
    await Promise.all(seen.map(readOne));
    return readings;
  }
}

/** It lives, and the kernel doesn't let us see more: rather too much than a process that counts for nothing. */
function assumeUnshared(counters: ProcessCounters): Reading {
  const { rssBytes, anonymousBytes } = counters;
  return { counters, memory: { ...counters, pssBytes: rssBytes, privateBytes: anonymousBytes }, exact: false };
}

function figuresOf({ role, pid }: Seen, reading: Reading | undefined): ProcessFigures[] {
  if (!reading) return [];
  const { memory, exact } = reading;
  const { rssBytes, pssBytes, privateBytes, mappedBytes } = memory;
  return [{ role, pid, rssBytes, pssBytes, privateBytes, mappedBytes, exact }];
}

/**
 * Anonymous pages of a worker are its own, so PSS and RSS rise and fall by the same. Of mapped pages only a part would
 * count, and which isn't known: what is left of the error is under `MOVED`, until the next reading.
 */
function estimate({ role, pid, counters }: Seen, { counters: then, memory }: Reading): ProcessFigures {
  const { rssBytes, mappedBytes, anonymousBytes } = counters;
  const pssBytes = memory.pssBytes + rssBytes - then.rssBytes;
  const privateBytes = memory.privateBytes + anonymousBytes - then.anonymousBytes;
  return {
    role,
    pid,
    rssBytes,
    pssBytes: clamp(pssBytes, anonymousBytes, rssBytes),
    privateBytes: clamp(privateBytes, 0, rssBytes),
    mappedBytes,
    exact: false,
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
