import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { PoolEvent } from "./pool/events.ts";

/** Counts what happens in the pool, and tells the log. */
export function observePool(event: PoolEvent, log: Logger, metrics: Metrics): void {
  const { type, ...fields } = event;
  switch (type) {
    case "batch":
      metrics.batch(event.texts, event.computeMs);
      log.trace(fields, "batch");
      return;
    case "recycled":
      metrics.recycled(event.reason);
      log.info(fields, "worker recycled");
      return;
    case "died":
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
