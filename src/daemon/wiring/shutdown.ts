import { setTimeout as delay } from "node:timers/promises";
import { hangLimitMs } from "../../lib/slowness.ts";
import type { Logger } from "../log/log.ts";

type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

export interface StopSteps {
  /** Callers are told to go elsewhere, and served meanwhile. */
  readonly announce: () => Promise<void>;
  /** What was admitted is answered and what runs is ended: all of it within DRAIN_LIMIT_MS. */
  readonly drain: readonly Step[];
  /** What must be done however long that took; each has a limit of its own. */
  readonly keep: readonly Step[];
}

/** Named in the log where it fails, or takes too long. */
export type Step = readonly [name: string, run: () => Promise<unknown>];

/**
 * systemd kills what is left after TimeoutStopSec=35, of which it is told to give more on a slow machine (see Unit), and
 * the journal may take five seconds after this.
 */
const DRAIN_LIMIT_MS = hangLimitMs(28_000);
const LATE = Symbol("late");

/**
 * Stops in order at the first signal and at once at the second. The handlers only enqueue: the work is `steps`, done
 * one after another. A step that fails keeps none of those after it from being done.
 */
export function stopOnSignal(signals: readonly StopSignal[], log: Logger, steps: StopSteps): void {
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

async function runSteps(log: Logger, { announce, drain, keep }: StopSteps): Promise<void> {
  await announce();
  // It also keeps the loop alive. A step may wait for nothing but a thread or a timer that does not: the process would
  // end in the middle of it, and with 0.
  const limit = delay(DRAIN_LIMIT_MS, LATE);
  let failed = false;
  const run = async ([name, step]: Step, until: Promise<unknown>): Promise<void> => {
    try {
      if ((await Promise.race([step(), until])) === LATE)
        log.warn({ step: name, limitMs: DRAIN_LIMIT_MS }, "out of time to drain");
    } catch (error) {
      failed = true;
      log.error({ step: name, err: error }, "stopping failed in part");
    }
  };
  for (const step of drain) await run(step, limit);
  const alive = setInterval(() => undefined, DRAIN_LIMIT_MS);
  for (const step of keep) await run(step, new Promise(() => undefined));
  clearInterval(alive);
  log.info("stopped");
  process.exit(failed ? 1 : 0);
}
