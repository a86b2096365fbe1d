import { randomBytes } from "node:crypto";
import type { Settings } from "../lib/config/settings.ts";
import { CombotError, messageOf } from "../lib/errors.ts";
import type { Alert } from "../lib/protocol/alerts.ts";
import { publishWatch } from "./alert-metrics.ts";
import { createWatch } from "./alerting.ts";
import type { Watch } from "./alerts/watch.ts";
import type { JournalReport } from "../lib/protocol/metrics.ts";
import { VERSION } from "../lib/version.ts";
import { createCaching } from "./caching.ts";
import type { Caching } from "./caching.ts";
import { createEngine } from "./engine.ts";
import type { MemoryGate } from "./engine.ts";
import { createDecisions, createGovernance } from "./governance.ts";
import type { Governance } from "./governance.ts";
import { createJournaling } from "./journaling.ts";
import type { Journaling } from "./journaling.ts";
import type { Logger } from "./log.ts";
import { Sampler } from "./memory/sampler.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { Readings } from "./metrics/metrics.ts";
import type { Engine } from "./operations/engine.ts";
import { openModel } from "./model/opening.ts";
import { BUNDLED_MODEL_DIR } from "./model/served-model.ts";
import type { ServedModel } from "./model/served-model.ts";
import { publishCache } from "./operations/cache-metrics.ts";
import { EventHub } from "./operations/event-hub.ts";
import { pidsOf } from "./operations/memory-report.ts";
import { ModelChoice } from "./operations/model-choice.ts";
import { Models } from "./operations/models.ts";
import { Reports } from "./operations/reports.ts";
import { fitsBeside } from "./operations/room.ts";
import { rankOf } from "./policy/level.ts";
import { userHasher } from "./text/user-hash.ts";
import { Warming } from "./warming.ts";

export interface Serving {
  readonly models: Models;
  readonly metrics: Metrics;
  readonly meter: Sampler;
  readonly governance: Governance;
  readonly caching: Caching;
  readonly reports: Reports;
  readonly events: EventHub;
  /** Undefined where DATABASE_URL is off. */
  readonly journaling: Journaling | undefined;
  readonly watch: Watch;
  readonly warming: Warming;
}

const now = (): number => performance.now();

/** Opens the model and wires all that serves it; no worker runs yet. @throws {CombotError} `CONFIG_INVALID` */
export async function createServing(settings: Settings, log: Logger): Promise<Serving> {
  const choice = new ModelChoice(settings.stateDir);
  const defaultDir = settings.modelDir ?? BUNDLED_MODEL_DIR;
  const model = await openFirst(choice, defaultDir, settings.stateDir, log);
  const caching = createCaching(settings, log);
  const metrics = new Metrics(now, () => readingsOf(models.current, journal()));
  publishCache(metrics, caching.answers, caching.redis);
  // The governor watches the models, and they ask it: what it says counts from when it has read memory once.
  const memory: MemoryGate = {
    refusal: (workers) => governance.governor.refusal(workers),
    get isHigh() {
      return rankOf(governance.governor.level) >= rankOf("high");
    },
  };
  const decisions = createDecisions(log);
  const cache = caching.answers;
  const onAnswered = (text: string): void => journaling?.texts.add(text);
  const parts = { settings, log, metrics, cache, memory, decisions, hashUser: userHasher(randomBytes(32)), onAnswered };
  const models: Models = new Models(createEngine(model, parts), {
    defaultDir,
    choice,
    open: (dir, file) => openModel(dir, settings.stateDir, { file }),
    create: (other) => createEngine(other, parts),
    fits: (other) => fitsBeside(other, meter, settings.workers, settings.memory.critical),
    now,
  });
  const meter = new Sampler({
    pids: () => pidsOf(models.engines),
    get limitBytes() {
      return settings.memoryLimitBytes;
    },
    now,
  });
  const governance = createGovernance(settings, {
    models,
    cache: cache.memory,
    meter,
    decisions,
    log,
    purgeRedis: () => caching.redis?.purge(),
  });
  const { governor } = governance;
  const journaling = createJournaling({ settings, log, models, metrics, governance });
  const journal = (): JournalReport | null => journaling?.journal.state ?? null;
  const alerts = (): readonly Alert[] => watch.report().firing;
  const reportParts = { models, metrics, meter, governor, caching, settings, journal, alerts, version: VERSION };
  const reports = new Reports(reportParts);
  const events = new EventHub({
    decisions,
    sample: () => reports.sample(),
    onFailure: (error) => log.error({ err: error }, "no sample for those who listen"),
  });
  const onAlert = (alert: Alert): void => {
    events.tellAlert(alert);
    journaling?.alert(alert);
  };
  const watch = createWatch(settings, { models, metrics, governance, caching, journal, onAlert }, log);
  publishWatch(metrics, watch);
  const warming = new Warming({ settings, models, caching, governor, journaling, log });
  return { models, metrics, meter, governance, caching, reports, events, watch, journaling, warming };
}

function readingsOf({ queue, pool }: Engine, journal: JournalReport | null): Readings {
  return {
    waiting: queue.waiting,
    oldestMs: queue.oldestMs,
    users: pool.users,
    ready: pool.serving,
    daemonRssBytes: process.memoryUsage.rss(),
    journal,
  };
}

/** The model chosen last, else the one the settings name: a bad choice must not keep the daemon from starting. */
async function openFirst(choice: ModelChoice, defaultDir: string, stateDir: string, log: Logger): Promise<ServedModel> {
  const chosen = choice.read();
  if (chosen !== undefined) {
    try {
      return await openModel(chosen, stateDir);
    } catch (error) {
      log.warn(
        { dir: chosen, reason: messageOf(error) },
        "the model chosen last can't be opened; the settings' one serves",
      );
    }
  }
  return openConfigured(defaultDir, stateDir);
}

/** A model that can't be served is a setting at fault: systemd must not try again. */
async function openConfigured(dir: string, stateDir: string): Promise<ServedModel> {
  try {
    return await openModel(dir, stateDir);
  } catch (error) {
    if (!(error instanceof CombotError) || error.code !== "MODEL_INVALID") throw error;
    throw new CombotError("CONFIG_INVALID", `COMBOT_MODEL_DIR: ${error.message}`, { cause: error });
  }
}
