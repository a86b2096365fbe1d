import type { Decisions, NewDecision } from "./governor/decisions.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { PoolEvent } from "./pool/events.ts";

/** The in-memory tier: what a worker computed goes when the worker is recycled; Redis keeps its copy. */
export interface RecycledShare {
  dropWorker(pid: number): void;
}

export interface Observers {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly decisions: Pick<Decisions, "record">;
  readonly cache: RecycledShare;
}

/** Counts what happens in the pool, and tells the log; a death stands among the decisions, with what caused it. */
export function observePool(event: PoolEvent, { log, metrics, decisions, cache }: Observers): void {
  const { type, ...fields } = event;
  switch (type) {
    case "batch":
      metrics.batch(event.texts, event.computeMs);
      log.trace(fields, "batch");
      return;
    case "recycled":
      metrics.recycled(event.reason);
      cache.dropWorker(event.pid);
      log.info(fields, "worker recycled");
      return;
    case "died":
      log.warn(fields, "worker died");
      decisions.record(decisionOf(event));
      return;
    case "delayed":
    case "refused":
      log.warn(fields, `worker ${type}`);
      return;
    case "refused load":
    case "held":
      log.error(fields, type === "held" ? "no worker is started any more" : "no worker is started for want of memory");
      return;
    case "started":
    case "ready":
    case "stopped":
      log.info(fields, `worker ${type}`);
  }
}

function decisionOf({ reason, slot, detail }: Extract<PoolEvent, { readonly type: "died" }>): NewDecision {
  const figures = { measured: null, threshold: null, freedBytes: null, durationMs: 0 };
  return { action: "worker died", reason, ...figures, slot, detail };
}
