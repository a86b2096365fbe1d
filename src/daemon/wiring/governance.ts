import type { Settings } from "../../lib/config/settings.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Decision } from "../../lib/protocol/decisions.ts";
import { Decisions } from "../governor/decisions.ts";
import { Governor } from "../governor/governor.ts";
import type { MemoryMeter, Sample, ShrinkableCache } from "../governor/ports.ts";
import { logFailure } from "../log/failures.ts";
import type { Logger } from "../log/log.ts";
import { collectAllInTurns } from "../../lib/collector.ts";
import type { Onlookers } from "./onlookers.ts";
import { Budget } from "../residency/budget.ts";
import { OwnGarbage } from "../residency/own-garbage.ts";
import type { Footprints } from "../residency/footprints.ts";
import { LoadGuard } from "../residency/load-guard.ts";
import type { Glance } from "../residency/load-guard.ts";
import { GovernedModels } from "../residency/governed-models.ts";
import type { Spare } from "../residency/governed-models.ts";
import type { Models } from "../residency/models.ts";

export interface Governance {
  readonly governor: Governor;
  readonly budget: Budget;
  readonly footprints: Footprints;
  readonly decisions: Decisions;
  readonly cache: ShrinkableCache;
}

export interface GovernanceParts {
  readonly models: Models;
  readonly footprints: Footprints;
  readonly cache: ShrinkableCache;
  readonly meter: MemoryMeter & { glance(pids: readonly number[]): Glance };
  readonly decisions: Decisions;
  readonly log: Logger;
  /** What goes before any worker that serves. */
  readonly spare: Spare;
  /** Not waited for. */
  readonly purgeRedis: () => void;
}

/** What was done about memory, and in the log as it is done. */
export function createDecisions(log: Logger, onlookers: Onlookers): Decisions {
  const onFailure = (error: unknown): void => onlookers.failed("decisions", error);
  return new Decisions({ clock: () => new Date(), onFailure }, [{ keep: (decision) => logDecision(log, decision) }]);
}

/** The governor, over the models that are here. */
export function createGovernance(settings: Settings, parts: GovernanceParts): Governance {
  const { models, footprints, cache, meter, decisions, log, spare } = parts;
  const now = (): number => performance.now();
  const workers = new GovernedModels(models, settings.workers, spare);
  const governor: Governor = new Governor({
    meter,
    workers: () => workers,
    footprint: (slot) => footprints.of(workers.engineOf(slot)),
    promisedBytes: () => budget.coming().promisedBytes,
    relieve: (sample) => guard.relieve(sample),
    onSample: (sample) => {
      footprints.observe(sample, models.engines);
      footprints
        .keep()
        .catch((error: unknown) => log.warn({ reason: messageOf(error) }, "what models take is not kept"));
    },
    cache,
    decisions,
    get thresholds() {
      return settings.memory;
    },
    get idleUnloadMs() {
      return settings.modelIdleUnloadMs;
    },
    collectGarbage: collectAllInTurns,
    purgeRedis: parts.purgeRedis,
    now,
    onFailure: logFailure(log, "the memory governor failed in one step"),
  });
  const guard = createGuard(settings, parts, () => governor.sample);
  const garbage = new OwnGarbage({
    collect: collectAllInTurns,
    now,
    onFailure: logFailure(log, "the daemon's own garbage was not collected"),
  });
  const budget: Budget = new Budget({
    tenants: () => models.tenants,
    footprint: (engine) => footprints.of(engine),
    refusal: (count, demand) => governor.refusal(count, demand),
    sample: () => governor.sample,
    reread: () => governor.reread(),
    thresholds: () => settings.memory,
    deadlineMs: () => settings.requestTimeoutMs,
    giveBack: (then) => garbage.giveBack(then),
    decisions,
    guard,
    now,
    onFailure: logFailure(log, "room for a model could not be made"),
  });
  return { governor, budget, footprints, decisions, cache };
}

function createGuard(settings: Settings, parts: GovernanceParts, sample: () => Sample | undefined): LoadGuard {
  const { models, footprints, meter, decisions, log } = parts;
  return new LoadGuard({
    tenants: () => models.tenants,
    footprint: (engine) => footprints.of(engine),
    glance: (pids) => meter.glance(pids),
    source: () => sample()?.source ?? "system",
    thresholds: () => settings.memory,
    decisions,
    onFailure: logFailure(log, "loads are not watched"),
  });
}

function logDecision(log: Logger, { id, action, reason, ...figures }: Decision): void {
  log.info({ id, reason, ...figures }, `memory: ${action}`);
}
