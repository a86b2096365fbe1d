import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "./log.ts";

type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/** systemd kills what is left after TimeoutStopSec=35. */
const DRAIN_LIMIT_MS = 30_000;

/**
 * Stops in order at the first signal and at once at the second. The handlers only enqueue: the work is `steps`, done
 * one after another, each within what is left of the time.
 */
export function stopOnSignal(
  signals: readonly StopSignal[],
  log: Logger,
  steps: readonly (() => Promise<unknown>)[],
): void {
  let stopping = false;
  for (const signal of signals) {
    process.on(signal, () => {
      if (stopping) process.exit(signal === "SIGINT" ? 130 : 143);
      stopping = true;
      log.info({ signal }, "stopping: what was admitted is answered first");
      void runSteps(log, steps);
    });
  }
}

async function runSteps(log: Logger, steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const limit = delay(DRAIN_LIMIT_MS, "late" as const, { ref: false });
  try {
    for (const step of steps) {
      if ((await Promise.race([step(), limit])) === "late")
        log.warn({ limitMs: DRAIN_LIMIT_MS }, "out of time to drain");
    }
    log.info("stopped");
    process.exit(0);
  } catch (error) {
    log.fatal({ err: error }, "stopping failed");
    process.exit(1);
  }
}
