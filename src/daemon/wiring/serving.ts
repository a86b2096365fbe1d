import { randomBytes } from "node:crypto";
import type { Settings } from "../../lib/config/settings.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import { publishWatch } from "./alert-metrics.ts";
import { createWatch } from "./alerting.ts";
import type { Watch } from "../alerts/watch.ts";
import type { JournalReport } from "../../lib/protocol/metrics.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import { VERSION } from "../../lib/version.ts";
import { createCaching } from "./caching.ts";
import type { Caching } from "./caching.ts";
import { createEngine } from "./engine.ts";
import type { EngineParts, MemoryGate } from "./engine.ts";
import { createDecisions, createGovernance } from "./governance.ts";
import type { Governance } from "./governance.ts";
import type { FirstModel } from "../residency/first-model.ts";
import { createJournaling } from "./journaling.ts";
import type { Journaling } from "./journaling.ts";
import type { Logger } from "../log/log.ts";
import { readAnonymousPeak } from "../memory/process-memory.ts";
import { Sampler } from "../memory/sampler.ts";
import { answerMetrics } from "../metrics/answer-metrics.ts";
import { AnswerTally } from "../metrics/answer-tally.ts";
import { Metrics } from "../metrics/metrics.ts";
import type { Readings } from "../metrics/metrics.ts";
import { ONLOOKERS, Onlookers } from "./onlookers.ts";
import type { Engine } from "../residency/engine.ts";
import { openModel } from "../model/opening.ts";
import { FolderWatch } from "../model/folder-watch.ts";
import { BUNDLED_MODEL_DIR } from "../model/bundled-model.ts";
import { publishCache } from "../reports/cache-metrics.ts";
import { EventHub } from "../reports/event-hub.ts";
import { pidsOf } from "../reports/memory-report.ts";
import { Footprints } from "../residency/footprints.ts";
import { Models } from "../residency/models.ts";
import type { ModelsOptions } from "../residency/models.ts";
import { RegistryFile } from "../residency/registry-file.ts";
import { Repository } from "../residency/repository.ts";
import { Reports } from "../reports/reports.ts";
import { fitsBeside } from "../residency/room.ts";
import { Cores } from "../pool/cores.ts";
import { rankOf } from "../policy/level.ts";
import { userHasher } from "../text/user-hash.ts";
import type { Shadows } from "../residency/shadows.ts";
import { beginOpening } from "./opening.ts";
import type { Opening } from "./opening.ts";
import { prune, pruneAtStart } from "./pruning.ts";
import { createShadows, watchedBy, withoutShadow } from "./shadowing.ts";
import type { LateParts } from "./shadowing.ts";
import { Warming } from "./warming.ts";

export interface Serving {
  readonly models: Models;
  readonly shadows: Shadows;
  readonly folder: FolderWatch;
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
  readonly onlookers: Onlookers;
}

const now = (): number => performance.now();

/**
 * Wires all that serves the first model; no worker runs yet.
 *
 * @param readAgain the settings as they are written by now: a password may have been changed.
 * @throws {CombotError} `CONFIG_INVALID`
 */
export async function createServing(
  settings: Settings,
  log: Logger,
  opening: Opening = beginOpening(settings, "setting", log),
  readAgain = () => settings,
): Promise<Serving> {
  const first = await opening.first;
  const caching = createCaching(settings, log, () => readAgain().redis);
  const answers = new AnswerTally(now);
  const metrics = createMetrics(answers, () => readingsOf(models.current, journal()));
  publishCache(metrics, caching.answers, caching.redis);
  const late = { models: () => models, governance: () => governance, shadows: () => shadows };
  const memory = gateOf(late);
  const onlookers = new Onlookers(log, now);
  publishOnlookers(metrics, onlookers);
  const decisions = createDecisions(log, onlookers);
  const onAnswered = noteAnswers(answers, () => journaling, onlookers);
  const shared = { hashUser: userHasher(randomBytes(32)), cores: new Cores({ most: settings.workers, now }) };
  const given = { ...shared, early: opening.early };
  const parts = { ...given, settings, log, metrics, cache: caching.answers, memory, decisions, onlookers, onAnswered };
  const shadows: Shadows = createShadows(parts, late);
  const models: Models = createModels(first, parts, {
    choice: opening.choice,
    defaultBy: settings.modelDir === null ? "bundled" : opening.setting,
    repository: createRepository(settings, parts, () => models),
    ...watchedBy(shadows, onlookers),
    fits: (other) => withoutShadow(shadows, () => fitsBeside(other, meter, settings.workers, settings.memory.critical)),
  });
  publishBatchCalls(metrics, models);
  const folder = watchFolder(models, log);
  await pruneAtStart(settings.stateDir, first.model.sealed.content, log);
  const meter: Sampler = createMeter(settings, models);
  const governance = createGovernance(settings, {
    models,
    footprints: new Footprints(settings.stateDir),
    cache: caching.answers.memory,
    meter,
    decisions,
    log,
    spare: shadows,
    purgeRedis: () => caching.redis?.purge(),
  });
  const sample = (): Promise<Sample> => reports.sample();
  const journaling = createJournaling({ ...parts, answers, models, governance, readAgain, sample });
  const journal = (): JournalReport | null => journaling?.journal.state ?? null;
  const alerts = (): readonly Alert[] => watch.report().firing;
  const watched = { models, folder, metrics, answers, caching, journal };
  const reports = new Reports({ ...watched, ...governance, meter, settings, alerts, version: VERSION });
  const { events, onAlert } = createEvents(decisions, reports, journaling, onlookers);
  const watch = createWatch(settings, { ...watched, governance, onlookers, onAlert, drift: journaling?.drift }, log);
  publishWatch(metrics, watch);
  const warming = new Warming({ ...governance, settings, models, caching, journaling, log });
  const told = { meter, governance, reports, events, watch, journaling, warming, onlookers };
  return { ...watched, shadows, ...told };
}

function createMetrics(answers: AnswerTally, read: () => Omit<Readings, "answers">): Metrics {
  const metrics = new Metrics(now, () => ({ ...read(), answers: answers.recent() }));
  for (const metric of answerMetrics(answers)) metrics.register(metric);
  return metrics;
}

function publishBatchCalls(metrics: Metrics, models: Models): void {
  const sum = (read: (queue: Engine["queue"]) => number) => (): number =>
    models.engines.reduce((total, { queue }) => total + read(queue), 0);
  const waiting = "Texts of priority batch that wait, of all models.";
  metrics.watch(
    "combot_priority_batch_waiting_texts",
    waiting,
    sum(({ batch }) => batch),
  );
  const gaveWay = "Calls of priority batch that left a full queue for interactive ones, of the models that are here.";
  metrics.watch(
    "combot_priority_batch_gave_way_calls",
    gaveWay,
    sum((queue) => queue.gaveWay),
  );
}

function createMeter(settings: Settings, models: Models): Sampler {
  return new Sampler({
    pids: () => pidsOf(models.engines),
    get limitBytes() {
      return settings.memoryLimitBytes;
    },
    get source() {
      return settings.memorySource;
    },
    now,
  });
}

/** Those who listen hear of samples, decisions and alerts; the journal keeps the alerts. */
function createEvents(
  decisions: EngineParts["decisions"],
  reports: Reports,
  journaling: Journaling | undefined,
  onlookers: Onlookers,
): { events: EventHub; onAlert: (alert: Alert) => void } {
  const events = new EventHub({
    decisions,
    sample: () => reports.sample(),
    onFailure: (error) => onlookers.failed("events", error),
  });
  const onAlert = (alert: Alert): void => {
    onlookers.tell("events", () => events.tellAlert(alert));
    onlookers.tell("journal", () => journaling?.alert(alert));
  };
  return { events, onAlert };
}

/** Told on the way of each answer, those of the cache too. */
function noteAnswers(
  answers: AnswerTally,
  journaling: () => Journaling | undefined,
  onlookers: Onlookers,
): EngineParts["onAnswered"] {
  return (model, { plainText }, result, isOwn) =>
    onlookers.tell("texts", () => {
      answers.of(model).count(result, isOwn);
      const kept = plainText === undefined ? undefined : journaling();
      if (!kept || plainText === undefined) return;
      // What is kept of texts that are asked often is for the default model: it alone is warmed.
      if (model === DEFAULT_MODEL) kept.texts.add(plainText);
      const { label, score, decision } = result;
      if (decision === "unsure" || decision === "ambiguous")
        kept.inbox.add(model, plainText, { label, score, isAmbiguous: decision === "ambiguous" });
    });
}

function publishOnlookers(metrics: Metrics, onlookers: Onlookers): void {
  metrics.watchEach("combot_onlooker_failures", "What those who only watch have thrown, since the start.", () =>
    ONLOOKERS.map((onlooker) => ({ labels: { onlooker }, value: onlookers.failuresOf(onlooker) })),
  );
}

function readingsOf({ queue, pool }: Engine, journal: JournalReport | null): Omit<Readings, "answers"> {
  return {
    waiting: queue.waiting,
    oldestMs: queue.oldestMs,
    users: pool.users,
    ready: pool.serving,
    daemonRssBytes: process.memoryUsage.rss(),
    journal,
  };
}

/** The governor watches the models, and they ask it: what it says counts from when it has read memory once. */
function gateOf({ governance, shadows }: LateParts): MemoryGate {
  return {
    refusal: (engine, workers) => shadows().makeRoom(engine, workers) ?? governance().budget.refusal(engine, workers),
    loaded: (engine, pid) => {
      const peakBytes = readAnonymousPeak(pid);
      if (peakBytes !== undefined) governance().footprints.loaded(engine, peakBytes);
    },
    outgrew: (engine) => governance().footprints.outgrew(engine),
    ended: () => governance().budget.workerEnded(),
    get isHigh() {
      return rankOf(governance().governor.level) >= rankOf("high");
    },
  };
}

function createModels(
  { model, chosen }: FirstModel,
  parts: EngineParts,
  options: Pick<ModelsOptions, "candidate" | "onAnswered" | "choice" | "defaultBy" | "fits" | "repository">,
): Models {
  const { settings, log } = parts;
  for (const remark of model.remarks) log.warn({ model: model.name, dir: model.dir }, remark);
  const models: Models = new Models(createEngine(model, parts), {
    ...options,
    defaultDir: settings.modelDir ?? BUNDLED_MODEL_DIR,
    chosen,
    open: (dir, file, needed) => openModel(dir, settings.stateDir, { file, needed }),
    create: (other) => createEngine(other, parts),
    onNeeded: (needed) => prune(settings.stateDir, needed, log),
    date: () => new Date(),
    now,
  });
  return models;
}

/** Nothing of it is opened yet: `rescan` does that. */
function createRepository(settings: Settings, parts: EngineParts, models: () => Models): Repository {
  const { stateDir, modelsDir } = settings;
  const needed = (): readonly string[] => models().needed.contents;
  return new Repository({
    dir: modelsDir,
    registry: new RegistryFile(stateDir),
    open: (dir) => openModel(dir, stateDir, { needed: needed() }),
    create: (model, name) => createEngine(model, parts, name),
    onNeeded: () => models().tellNeeded(),
    onFailure: (model, reason) => parts.log.warn({ model, reason }, "a model of the repository can't be served"),
  });
}

/** It has not looked yet. */
function watchFolder(models: Models, log: Logger): FolderWatch {
  return new FolderWatch({
    model: () => models.current.model,
    onChange: (fault, { name, dir }) => {
      if (fault) log.warn({ model: name, dir }, fault.detail);
      else log.info({ model: name, dir }, "the folder holds again what was loaded from it");
    },
  });
}
