import type { Settings } from "../../lib/config/settings.ts";
import { CombotError } from "../../lib/errors.ts";
import type { Decision } from "../../lib/protocol/decisions.ts";
import { Decisions } from "../governor/decisions.ts";
import { Footprint } from "../governor/footprint.ts";
import { Governor } from "../governor/governor.ts";
import type { MemoryMeter, ShrinkableCache, Workers } from "../governor/ports.ts";
import type { Logger } from "../log/log.ts";
import { collectAll } from "../../lib/collector.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Engine } from "../residency/engine.ts";
import type { Models } from "../residency/models.ts";
import { estimateLoad } from "../policy/fit.ts";

export interface Governance {
  readonly governor: Governor;
  readonly decisions: Decisions;
  readonly cache: ShrinkableCache;
}

export interface GovernanceParts {
  readonly models: Models;
  readonly cache: ShrinkableCache;
  readonly meter: MemoryMeter;
  readonly decisions: Decisions;
  readonly log: Logger;
  /** Not waited for. */
  readonly purgeRedis: () => void;
}

/** What was done about memory, and in the log as it is done. */
export function createDecisions(log: Logger, onlookers: Onlookers): Decisions {
  const onFailure = (error: unknown): void => onlookers.failed("decisions", error);
  return new Decisions({ clock: () => new Date(), onFailure }, [{ keep: (decision) => logDecision(log, decision) }]);
}

/** The governor, over the model that serves at each moment. */
export function createGovernance(settings: Settings, parts: GovernanceParts): Governance {
  const { models, cache, meter, decisions, log } = parts;
  // What a worker takes is a property of its model: another one's figures say nothing.
  const footprints = new WeakMap<Engine, Footprint>();
  const governor = new Governor({
    meter,
    workers: () => workersOf(models.current),
    footprint: () => footprintOf(models.current, footprints),
    cache,
    decisions,
    get thresholds() {
      return settings.memory;
    },
    get idleUnloadMs() {
      return settings.modelIdleUnloadMs;
    },
    collectGarbage: collectAll,
    purgeRedis: parts.purgeRedis,
    now: () => performance.now(),
    onFailure: (error) => log.error({ err: error }, "the memory governor failed in one step"),
  });
  return { governor, decisions, cache };
}

function footprintOf(engine: Engine, known: WeakMap<Engine, Footprint>): Footprint {
  const found = known.get(engine);
  if (found) return found;
  const made = new Footprint(() =>
    estimateLoad({ modelBytes: engine.model.bytes, shared: engine.unshared() === undefined }),
  );
  known.set(engine, made);
  return made;
}

function workersOf({ pool, queue }: Engine): Workers {
  return {
    get unsettled() {
      return pool.unsettled;
    },
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
