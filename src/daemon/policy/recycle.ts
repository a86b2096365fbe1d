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

/** A number from 0 to `jitter` on top of `limit`, so that workers born together don't come due together; 0 stays off. */
export function withJitter(limit: number, jitter: number, random: number): number {
  return limit === 0 ? 0 : limit + Math.floor(random * (jitter + 1));
}
