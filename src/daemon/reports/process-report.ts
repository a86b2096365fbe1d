import type { Settings } from "../../lib/config/settings.ts";
import type { ProcessStatus, WorkerStatus } from "../../lib/protocol/process.ts";
import { dueBy, nextLimit } from "../policy/recycle.ts";
import type { Slot } from "../pool/slot.ts";
import type { Worker } from "../pool/worker.ts";
import type { Engine } from "../residency/engine.ts";

/** What a process takes; undefined where it has ended, or hasn't been looked at yet. */
export type MemoryOf = (pid: number) => Promise<Pick<WorkerStatus, "rssBytes" | "pssBytes"> | undefined>;

/** One entry a process; a slot without one says whether it rests or waits for its next try. */
export async function reportWorkers(
  engines: readonly Engine[],
  memoryOf: MemoryOf,
  nameOf: (engine: Engine) => string | undefined = () => undefined,
): Promise<WorkerStatus[]> {
  const entries = engines.flatMap((engine) => {
    const model = nameOf(engine);
    const named = async (status: Promise<WorkerStatus>): Promise<WorkerStatus> =>
      model === undefined ? status : { ...(await status), model };
    return engine.pool.slots.flatMap((slot) => {
      const workers = [...slot.workers];
      return workers.length > 0
        ? workers.map((worker) => named(reportWorker(worker, memoryOf)))
        : [named(emptySlot(slot))];
    });
  });
  return Promise.all(entries);
}

async function reportWorker(worker: Worker, memoryOf: MemoryOf): Promise<WorkerStatus> {
  const { slot, generation, pid, state } = worker;
  const view = worker.view();
  const next = nextLimit(view);
  const memory = await memoryOf(pid);
  return {
    slot,
    pid,
    state,
    generation,
    users: view.users,
    requests: view.requests,
    uptimeSeconds: Math.round(view.uptimeMs) / 1000,
    rssBytes: memory?.rssBytes ?? null,
    pssBytes: memory?.pssBytes ?? null,
    batches: worker.tally.report(),
    dueBy: dueBy(view),
    limits: {
      maxUsers: view.maxUsers,
      maxRequests: view.maxRequests,
      maxUptimeSeconds: Math.round(view.maxUptimeMs / 1000),
    },
    next: next && { reason: next.why, inSeconds: Math.round(next.inMs / 1000) },
  };
}

async function emptySlot(slot: Slot): Promise<WorkerStatus> {
  return {
    slot: slot.index,
    pid: null,
    state: slot.wanted ? "backoff" : "stopped",
    generation: slot.generation,
    users: 0,
    requests: 0,
    uptimeSeconds: 0,
    rssBytes: null,
    pssBytes: null,
    batches: null,
    dueBy: null,
    limits: null,
    next: null,
  };
}

/** The limits as they are set, before jitter. */
export function limitsOf(settings: Settings): ProcessStatus["limits"] {
  return {
    maxUsers: settings.maxUsersPerProcess,
    maxRequests: settings.maxRequests,
    maxRequestsJitter: settings.maxRequestsJitter,
    maxUptimeSeconds: settings.recycleIntervalMs / 1000,
  };
}
