import type { RecycleReason } from "../../lib/protocol/process.ts";
import type { WorkerView } from "../policy/worker-view.ts";

/** A worker as the governor sees it. */
export interface GovernedWorker extends WorkerView {
  /** Among those of all models that are here. */
  readonly slot: number;
  readonly pid: number;
  /** Since its last reply; 0 while it works. */
  readonly quietMs: number;
  /** How long it may be quiet, where its model has a time of its own. */
  readonly idleUnloadMs?: number | undefined;
  /** The last one of a model that is pinned: it goes for an emergency alone. */
  readonly pinned?: boolean | undefined;
  /** How people know it; left out where that is its slot. */
  readonly place?: Place | undefined;
}

export interface Place {
  readonly model: string;
  readonly slot: number;
}

/** The pools of the models that are here, seen from the governor. */
export interface Workers {
  /** The one of each slot that has one. */
  views(): readonly GovernedWorker[];
  /** A worker is missing that is on its way, or the last ones could not boot: no other may be replaced meanwhile. */
  readonly unsettled: boolean;
  recycle(slot: number, reason: RecycleReason, inTurn: boolean): Promise<{ tookMs: number; birthMs: number }>;
  unload(slots?: readonly number[]): Promise<unknown>;
  /** Some process serves nobody, such as a candidate's behind live traffic: it goes first. */
  readonly hasSpare: boolean;
  unloadSpare(): Promise<unknown>;
  /** Starts one worker, and lets texts start others again. */
  restore(): void;
  /** Refuses every text that needs a worker, until `restore`. */
  refuseTexts(reason: string): void;
  /** Tries again what did not fit. */
  reconsider(): void;
}

/** The in-memory tier of the cache, seen from the governor. */
export interface ShrinkableCache {
  readonly bytes: number;
  /** Drops the less recently used half. */
  halve(): void;
  /** @param refill false: takes nothing in until it is told otherwise. */
  clear(refill: boolean): void;
  refill(): void;
}

/** One process as it was sampled; bytes. */
export interface SampledProcess {
  readonly role: "daemon" | "worker";
  readonly pid: number;
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly privateBytes: number;
  /** Resident file pages, which the kernel can drop. */
  readonly mappedBytes: number;
}

export interface Limited {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export interface Sample extends Limited {
  readonly atMs: number;
  readonly usage: number;
  readonly source: "system" | "cgroup" | "setting";
  /** All that is held against a limit, where there is more than what is fullest. */
  readonly limits?: readonly Limited[];
  readonly pressure: { readonly some10: number; readonly full10: number } | null;
  readonly processes: readonly SampledProcess[];
}

/** Reads memory: cheaply once a second, exactly around an action. */
export interface MemoryMeter {
  sample(): Promise<Sample>;
  measure(): Promise<Sample>;
}

/** Memory that only the end of a process, or its allocator, gives back: pages that no file backs. */
export function anonymousOf(processes: readonly SampledProcess[]): number {
  return processes.reduce((sum, { rssBytes, mappedBytes }) => sum + rssBytes - mappedBytes, 0);
}

/** Where least room is left below that share: what is fullest may be so large that something else has less. */
export function tightestOf({ usedBytes, limitBytes, limits = [] }: Sample, ceiling: number): Limited {
  const roomOf = (one: Limited): number => ceiling * one.limitBytes - one.usedBytes;
  return limits.reduce((least, one) => (roomOf(one) < roomOf(least) ? one : least), { usedBytes, limitBytes });
}
