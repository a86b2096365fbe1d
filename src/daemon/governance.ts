import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Settings } from "../lib/config/settings.ts";
import { CombotError } from "../lib/errors.ts";
import type { Decision } from "../lib/protocol/decisions.ts";
import { Decisions } from "./governor/decisions.ts";
import { Footprint } from "./governor/footprint.ts";
import { Governor } from "./governor/governor.ts";
import { NO_CACHE } from "./governor/ports.ts";
import type { MemoryMeter, ShrinkableCache, Workers } from "./governor/ports.ts";
import type { Logger } from "./log.ts";
import type { Engine } from "./operations/engine.ts";
import type { Models } from "./operations/models.ts";
import { estimateBytes } from "./policy/fit.ts";

export interface Governance {
  readonly governor: Governor;
  readonly decisions: Decisions;
  readonly cache: ShrinkableCache;
  readonly collectGarbage: () => void;
}

/** The governor, over the model that serves at each moment. */
export function createGovernance(settings: Settings, models: Models, meter: MemoryMeter, log: Logger): Governance {
  const decisions = new Decisions(new Date(), [{ keep: (decision) => logDecision(log, decision) }]);
  // What a worker takes is a property of its model: another one's figures say nothing.
  const footprints = new WeakMap<Engine, Footprint>();
  const cache = NO_CACHE;
  const collectGarbage = exposedGarbageCollector();
  const governor = new Governor({
    meter,
    workers: () => workersOf(models.current),
    footprint: () => footprintOf(models.current, footprints),
    cache,
    decisions,
    thresholds: settings.memory,
    idleUnloadMs: settings.modelIdleUnloadMs,
    collectGarbage,
    now: () => performance.now(),
    onFailure: (error) => log.error({ err: error }, "the memory governor failed in one step"),
  });
  return { governor, decisions, cache, collectGarbage };
}

function footprintOf(engine: Engine, known: WeakMap<Engine, Footprint>): Footprint {
  const found = known.get(engine);
  if (found) return found;
  const shared = engine.unshared() === undefined;
  const made = new Footprint(estimateBytes({ workers: 1, modelBytes: shared ? 0 : engine.model.bytes, shared }));
  known.set(engine, made);
  return made;
}

function workersOf({ pool, queue }: Engine): Workers {
  return {
    size: pool.slots.length,
    views: () =>
      pool.slots.flatMap(({ current }) =>
        current ? [{ ...current.view(), pid: current.pid, quietMs: current.quietMs }] : [],
      ),
    recycle: (slot, reason, inTurn) => pool.recycle(slot, reason, inTurn),
    unload: (slots) => pool.unload(slots),
    restore: () => {
      queue.refuse(undefined);
      pool.load(1);
    },
    refuseTexts: (reason) => {
      const refusal = new CombotError("MEMORY_EMERGENCY", reason, { retryAfterSeconds: 5 });
      queue.refuse(refusal);
      queue.failWaiting(refusal);
    },
    reconsider: () => pool.reconsider(),
  };
}

function logDecision(log: Logger, { id, action, reason, ...figures }: Decision): void {
  log.info({ id, reason, ...figures }, `memory: ${action}`);
}

/** V8's own collector, which a process gets without being started with --expose-gc. */
function exposedGarbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
