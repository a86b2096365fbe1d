import type { Footprint } from "../governor/footprint.ts";
import type { Sample, SampledProcess } from "../governor/ports.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { Resident } from "../policy/making-room.ts";
import type { Pool } from "../pool/pool.ts";
import type { Worker } from "../pool/worker.ts";
import type { Engine } from "./engine.ts";

/** A model that may have workers. */
export interface Tenant {
  readonly name: string;
  readonly engine: Engine;
  readonly pinned: boolean;
}

/** What is on its way to memory, or just has come: the last reading does not say so. */
export interface Coming {
  /** That the reading lacks. */
  readonly promisedBytes: number;
  /** Of what the reading has, and lacks, that goes by itself: when loads are over, and with workers on their way out. */
  readonly passingBytes: number;
}

/**
 * What a model's workers make of memory beyond the last reading: those that load will have their load's peak, those that
 * have come to serve since what serving takes.
 *
 * @param promisedBytes for a load that room is made for, and that has not begun.
 */
export function comingOf({ pool }: Engine, footprint: Footprint, sample: Sample, promisedBytes: number): Coming {
  const all = pool.slots.flatMap((slot) => [...slot.workers]);
  const workers = all.filter(({ state }) => state !== "draining");
  const leavingBytes = anonymousOf(
    processesIn(
      sample,
      all.filter(({ state }) => state === "draining"),
    ),
  );
  const loading = workers.filter(({ serving }) => !serving);
  const growing = [...loading, ...workers.filter(({ serving, readyAtMs }) => serving && readyAtMs > sample.atMs)];
  if (growing.length === 0 && promisedBytes === 0) return { promisedBytes: 0, passingBytes: leavingBytes };
  const mapped = growing.length === 0 ? workers.length > 0 : growing.length < workers.length;
  const wanted = { workers: Math.max(1, growing.length), mapped };
  const due = footprint.bytesFor({ workers: growing.length, mapped, loading: loading.length }, sample.source);
  const atRest = footprint.bytesFor(wanted, sample.source);
  const there = processesIn(sample, growing);
  const seen = sample.source === "setting" && !mapped ? sum(there.map(({ pssBytes }) => pssBytes)) : anonymousOf(there);
  const most = Math.max(promisedBytes, due, seen);
  return { promisedBytes: most - seen, passingBytes: leavingBytes + Math.max(0, most - atRest) };
}

function processesIn({ processes }: Sample, workers: readonly Worker[]): readonly SampledProcess[] {
  return processes.filter(({ pid }) => workers.some((worker) => worker.pid === pid));
}

/** A model as far as room can be made of it. @param promised room is made for a load of it. */
export function residentOf(
  { name, engine, pinned }: Tenant,
  footprint: Footprint,
  sample: Sample,
  { promised, nowMs }: { readonly promised: boolean; readonly nowMs: number },
): Resident {
  const { pool, queue, uses } = engine;
  const running = runningOf(pool);
  const serving = running.filter((worker) => worker.serving);
  // What room is being made for counts as the one that will come.
  const workers = Math.max(running.length, promised ? 1 : 0);
  return {
    name,
    workers,
    surplus: Math.max(0, serving.length - 1),
    ...bytesOf(serving, workers, footprint, sample),
    pinned,
    // One that is on its way, or for which room is made, does not go before it has come.
    arriving: serving.length === 0 || promised,
    busy: queue.waiting > 0 || running.some((worker) => worker.batches > 0),
    lastUsedAtMs: uses.lastAtMs ?? 0,
    loadedAtMs: uses.loadedAtMs === 0 ? nowMs : uses.loadedAtMs,
    loadTookMs: uses.loadTookMs,
  };
}

function bytesOf(
  serving: readonly Worker[],
  workers: number,
  footprint: Footprint,
  sample: Sample,
): Pick<Resident, "workerBytes" | "sharedBytes"> {
  const seen = processesIn(sample, serving);
  // A reading from before it was whole says too little, and one from within its load too much.
  const isSeen = seen.length === workers && serving.every(({ readyAtMs }) => readyAtMs <= sample.atMs);
  const expected = footprint.bytesFor({ workers: 1, mapped: true }, sample.source);
  const workerBytes = isSeen ? anonymousOf(seen) / workers : expected;
  // Held against a limit of our own, all that its processes have comes back with the last of them.
  const whole = sample.source === "setting" && isSeen ? sum(seen.map(({ pssBytes }) => pssBytes)) : 0;
  return { workerBytes, sharedBytes: Math.max(0, whole - workers * workerBytes) };
}

/** Without those that are on their way out. */
export function processesOf({ pool }: Engine): number {
  return runningOf(pool).length;
}

function runningOf({ slots }: Pool): Worker[] {
  return slots.flatMap(({ current }) => (current && current.state !== "draining" ? [current] : []));
}

export function sum(bytes: readonly number[]): number {
  return bytes.reduce((all, one) => all + one, 0);
}
