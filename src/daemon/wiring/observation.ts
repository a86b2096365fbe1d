import type { Decisions, NewDecision } from "../governor/decisions.ts";
import type { Logger } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Onlookers } from "./onlookers.ts";
import type { PoolEvent } from "../pool/events.ts";

/** The in-memory tier: what a worker computed goes when the worker is recycled; Redis keeps its copy. */
export interface RecycledShare {
  dropWorker(pid: number): void;
}

/** What of the metrics counts what a model's workers do. */
export type Counts = Pick<Metrics, "batch" | "waited" | "recycled" | "notStarted">;

export interface Observers {
  readonly log: Logger;
  readonly metrics: Counts;
  readonly decisions: Pick<Decisions, "record">;
  readonly cache: RecycledShare;
  readonly onlookers: Onlookers;
  /** Its name, where it is not the default one. */
  readonly model?: string | undefined;
}

/**
 * Counts what happens in the pool, and tells the log; a death stands among the decisions, with what caused it. It never
 * throws: the pool calls it in the midst of replacing a worker.
 */
export function observePool(event: PoolEvent, observers: Observers): void {
  const { onlookers, metrics, cache, decisions } = observers;
  if (event.type === "batch") onlookers.tell("metrics", () => metrics.batch(event.texts, event.computeMs));
  if (event.type === "recycled") {
    onlookers.tell("metrics", () => metrics.recycled(event.reason));
    onlookers.tell("cache", () => cache.dropWorker(event.pid));
  }
  if (event.type === "not started") onlookers.tell("metrics", () => metrics.notStarted(event.fault));
  const { model, log } = observers;
  const named = model === undefined ? event : { ...event, model };
  onlookers.tell("log", () => logEvent(named, log));
  if (event.type === "died") onlookers.tell("decisions", () => decisions.record(decisionOf(event, model)));
}

function logEvent({ type, ...fields }: PoolEvent, log: Logger): void {
  switch (type) {
    case "batch":
      return log.trace(fields, "batch");
    case "died":
    case "not started":
    case "delayed":
    case "refused":
      return log.warn(fields, `worker ${type}`);
    case "refused load":
      return log.error(fields, "no worker is started for want of memory");
    case "held":
      return log.error(fields, "workers do not come to serve, try after try; it is tried once a minute");
    case "recycled":
    case "started":
    case "ready":
    case "stopped":
      return log.info(fields, `worker ${type}`);
  }
}

function decisionOf(
  { reason, slot, detail }: Extract<PoolEvent, { readonly type: "died" }>,
  model: string | undefined,
): NewDecision {
  const figures = { measured: null, threshold: null, freedBytes: null, durationMs: 0 };
  return { action: "worker died", reason, ...figures, slot, detail, ...(model !== undefined && { model }) };
}
