import type { WorkerView } from "./worker-view.ts";

/** The limits that a worker reaches by serving. */
export type ServiceLimit = "users" | "requests" | "uptime";

function sharesOf(worker: WorkerView): [ServiceLimit, number][] {
  const share = (value: number, limit: number): number => (limit > 0 ? value / limit : 0);
  return [
    ["users", share(worker.users, worker.maxUsers)],
    ["requests", share(worker.requests, worker.maxRequests)],
    ["uptime", share(worker.uptimeMs, worker.maxUptimeMs)],
  ];
}

/** The first limit this worker has reached, or null. */
export function dueBy(worker: WorkerView): ServiceLimit | null {
  return sharesOf(worker).find(([, share]) => share >= 1)?.[0] ?? null;
}

/** How much of its tightest limit this worker has used: 0 fresh, 1 due. */
export function usedOfLimits(worker: WorkerView): number {
  return Math.max(...sharesOf(worker).map(([, share]) => share));
}

/** The limit that it will reach first if it goes on as it has so far; null where that can't be told. */
export function nextLimit(worker: WorkerView): { why: ServiceLimit; inMs: number } | null {
  const told = sharesOf(worker).flatMap(([why, share]) =>
    share > 0 ? [{ why, inMs: Math.max(0, worker.uptimeMs / share - worker.uptimeMs) }] : [],
  );
  return told.toSorted((a, b) => a.inMs - b.inMs)[0] ?? null;
}

/** A number from 0 to `jitter` on top of `limit`, so that workers born together don't come due together; 0 stays off. */
export function withJitter(limit: number, jitter: number, random: number): number {
  return limit === 0 ? 0 : limit + Math.floor(random * (jitter + 1));
}

/** Before jitter; 0 = off. */
export interface ServiceLimits {
  readonly maxUsers: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly maxUptimeMs: number;
}

/** Of one process: its jitter is drawn once, 0 to 1, and holds for whatever limit there is. */
export function ownLimits(
  settings: ServiceLimits,
  requestDraw: number,
  uptimeDraw: number,
): Pick<WorkerView, "maxUsers" | "maxRequests" | "maxUptimeMs"> {
  return {
    get maxUsers() {
      return settings.maxUsers;
    },
    get maxRequests() {
      return withJitter(settings.maxRequests, settings.maxRequestsJitter, requestDraw);
    },
    get maxUptimeMs() {
      return settings.maxUptimeMs * (0.9 + 0.2 * uptimeDraw);
    },
  };
}

/** What recycling has cost so far: times of one clock, in ms. */
export interface RecycleHistory {
  /** When the last recycle ended, and what its worker's birth took; null before the first. */
  readonly last: { readonly endedAtMs: number; readonly birthMs: number } | null;
  /** A worker is missing that is on its way, or the last ones could not boot. */
  readonly unsettled: boolean;
}

export type RecycleVerdict =
  | { readonly act: "keep" }
  | {
      readonly act: "recycle" | "put off";
      readonly slot: number;
      readonly why: ServiceLimit;
      /** The count, or the uptime in ms, that was reached. */
      readonly measured: number;
      readonly threshold: number;
      /** When the next recycle may begin; where it is put off. */
      readonly untilMs?: number;
    };

/** Recycling may take a tenth of the pool's time: after a birth of b the next one waits 10 b. */
const REST_FACTOR = 10;

/**
 * The next worker to replace because it has served enough: the one furthest past its limits, one at a time, and not
 * before the last recycle has been paid for.
 *
 * @param workers those that hold a slot; one that does not serve yet keeps every other from being recycled.
 */
export function chooseRecycle(workers: readonly WorkerView[], history: RecycleHistory, nowMs: number): RecycleVerdict {
  if (history.unsettled || workers.some((worker) => !worker.serving)) return { act: "keep" };
  const [due] = workers
    .filter((worker) => dueBy(worker) !== null)
    .toSorted((a, b) => usedOfLimits(b) - usedOfLimits(a));
  if (!due) return { act: "keep" };
  const why = dueBy(due) as ServiceLimit;
  const found = { slot: due.slot, why, ...reached(due, why) };
  const untilMs = history.last ? history.last.endedAtMs + REST_FACTOR * history.last.birthMs : -Infinity;
  return nowMs < untilMs ? { act: "put off", ...found, untilMs } : { act: "recycle", ...found };
}

function reached(worker: WorkerView, why: ServiceLimit): { measured: number; threshold: number } {
  if (why === "users") return { measured: worker.users, threshold: worker.maxUsers };
  if (why === "requests") return { measured: worker.requests, threshold: worker.maxRequests };
  return { measured: worker.uptimeMs, threshold: worker.maxUptimeMs };
}
