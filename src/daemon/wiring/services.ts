import { randomBytes } from "node:crypto";
import { describeSettings } from "../../lib/config/describe.ts";
import type { LoadedSettings } from "../../lib/config/load.ts";
import { CombotError } from "../../lib/errors.ts";
import type { AskedRequest, ClassifyReply, ClassifyResult, SeveralReply } from "../../lib/protocol/classify.ts";
import { TEST_HEADER } from "../../lib/protocol/load-test.ts";
import type { Watch } from "../alerts/watch.ts";
import type { ModelRow, ModelsReply } from "../../lib/protocol/models.ts";
import type { LatencyClass } from "../../lib/protocol/latency-classes.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { Caching } from "./caching.ts";
import type { Governance } from "./governance.ts";
import type { MemoryMeter } from "../governor/ports.ts";
import type { NamedModels, Services, ShadowServices } from "../http/services.ts";
import { SharedPage } from "../http/shared-page.ts";
import type { Journal } from "../journal/journal.ts";
import type { Journaling } from "./journaling.ts";
import { logFailure } from "../log/failures.ts";
import type { Logger } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Backups } from "../jobs/backups.ts";
import type { Onlookers } from "./onlookers.ts";
import { Inbox } from "../jobs/inbox.ts";
import { Cleanup } from "../jobs/cleanup.ts";
import type { EventHub } from "../reports/event-hub.ts";
import { listDecisions, readHistory, readTexts } from "../reports/history.ts";
import { askSeveral } from "../residency/asking.ts";
import { Lifecycle } from "../residency/lifecycle.ts";
import { collectInTurn as collectGarbage } from "../../lib/collector.ts";
import { readLife, readMoment } from "../reports/moments.ts";
import { publishModels } from "../reports/model-metrics.ts";
import { reportModels } from "../reports/models-report.ts";
import type { ModelsReportParts } from "../reports/models-report.ts";
import type { Models } from "../residency/models.ts";
import type { Shadows } from "../residency/shadows.ts";
import type { Reports } from "../reports/reports.ts";
import type { Probes } from "../reports/probes.ts";
import { findModel, namesOf } from "../reports/model-lookup.ts";
import type { Tracing } from "./tracing.ts";
import type { Warming } from "./warming.ts";

type InboxAndBackups = Pick<Services, "inbox" | "labelInbox" | "forgetInbox" | "backups" | "backup" | "restore">;

export interface ServiceParts {
  readonly models: Models;
  readonly shadows: Shadows;
  readonly metrics: Metrics;
  readonly meter: MemoryMeter;
  readonly governance: Governance;
  readonly caching: Caching;
  readonly reports: Reports;
  readonly events: EventHub;
  readonly onlookers: Onlookers;
  readonly journaling: Journaling | undefined;
  readonly watch: Watch;
  readonly warming: Warming;
  readonly backups: Backups;
  readonly probes: Probes;
  /** Undefined where OTLP_ENDPOINT is off. */
  readonly tracing?: Tracing | undefined;
  readonly loaded: () => LoadedSettings;
  readonly log: Logger;
}

/** More than anybody can guess. */
const MARK_BYTES = 16;

/** What the HTTP API can ask for, answered by the parts that own it. */
export function createServices(parts: ServiceParts): Services {
  const { models, metrics, meter, governance, caching, reports, events, watch, warming, journaling, onlookers } = parts;
  const { loaded, log } = parts;
  const journal = journaling?.journal;
  const { governor, decisions, cache } = governance;
  const now = (): number => performance.now();
  const lifecycle = new Lifecycle({
    models,
    meter,
    decisions,
    roomForBoth: () => governor.roomForBoth().fits,
    now,
    onFailure: logFailure(log, "what was started has failed"),
  });
  const { redis } = caching;
  const cleanup = new Cleanup({ models, meter, cache, redis, decisions, collectGarbage, now });
  const prometheus = new SharedPage(async () => {
    const { contentType, body } = await metrics.prometheus();
    return { contentType, body: Buffer.from(body) };
  }, now);
  return {
    ...classifying(parts),
    ...loadTests(journal, loaded),
    named: (name) => findModel(models, name),
    compatAnswered: (protocol, status) => onlookers.tell("metrics", () => metrics.compatAnswered(protocol, status)),
    ...(parts.tracing && { recorder: parts.tracing }),
    tokenAnswered: (token, status) => onlookers.tell("metrics", () => metrics.tokens.answered(token, status)),
    probe: (name) => parts.probes.answer(name),
    health: async () => reports.health(),
    memory: () => reports.memory(),
    cleanup: async (request, by) => {
      const reply = await cleanup.run(request, by);
      if (request.redis && !request.dryRun) warming.refill("Redis was cleaned up");
      return reply;
    },
    warm: (request, hangUp) => warming.warm(request, hangUp),
    decisions: (query) => listDecisions(decisions, journal, query),
    alerts: async () => watch.report(),
    events: (listener, lastEventId) => events.listen(listener, lastEventId),
    cacheStats: () => reports.cache(),
    redisStatus: () => reports.redis(),
    readValue: (place) => caching.values.read(place),
    keepValue: (place, json) => caching.values.keep(place, json),
    removeValue: (place) => caching.values.remove(place),
    metrics: () => reports.metrics(),
    moment: (query) => readMoment(journal, query, Date.now()),
    processLife: (query) => readLife(journal, query, Date.now()),
    history: (query) => readHistory(journal, query, Date.now(), namesOf(models)),
    prometheus: () => prometheus.get(),
    processStatus: () => reports.process(),
    recycle: (slot, wait, by) => lifecycle.recycle(slot, wait, by),
    load: (wait, by) => lifecycle.load(wait, by),
    unload: (wait, by) => lifecycle.unload(wait, by),
    use: (request, by) => lifecycle.use(request, by),
    ...namedModels(parts, lifecycle),
    ...shadowing(parts, lifecycle),
    ...inboxAndBackups(parts),
  };
}

function inboxAndBackups({ models, journaling, loaded, backups }: ServiceParts): InboxAndBackups {
  const inbox = new Inbox({
    models,
    read: journaling?.readInbox,
    textsKept: () => loaded().settings.journalText,
    backups: async () => (await backups.list()).backups.length,
    now: Date.now,
  });
  return {
    inbox: (query) => inbox.list(query),
    labelInbox: (request) => inbox.label(request),
    forgetInbox: (request) => inbox.forget(request),
    backups: () => backups.list(),
    backup: (request) => backups.backup(request),
    restore: (request) => backups.restore(request),
  };
}

function shadowing({ shadows }: ServiceParts, lifecycle: Lifecycle): ShadowServices {
  return {
    shadow: async () => shadows.report(),
    startShadow: async (request, wait, by) => {
      const detail = `${request.dir ?? request.name ?? ""}, ${Math.round(request.share * 1000) / 10}% of the texts`;
      await lifecycle.change("shadow", by, request.model, () => shadows.start(request, by), detail);
      if (wait) await shadows.whenSettled();
      return shadows.report();
    },
    stopShadow: (by) => {
      const { shadow } = shadows.report();
      return lifecycle.change(
        "shadow stop",
        by,
        shadow?.model,
        () => shadows.stop(),
        shadow?.candidate.dir ?? "none runs",
      );
    },
  };
}

/** What a load test asks for before it begins; its mark is made anew by each daemon. */
function loadTests(
  journal: Journal | undefined,
  loaded: () => LoadedSettings,
): Pick<Services, "testMark" | "isTestMark" | "frequentTexts" | "config"> {
  const own = randomBytes(MARK_BYTES).toString("hex");
  return {
    testMark: () => ({ header: TEST_HEADER, mark: own }),
    isTestMark: (mark) => mark === own,
    frequentTexts: (query) => readTexts(journal, query),
    config: async () => ({ settings: [...describeSettings(loaded())] }),
  };
}

function namedModels({ models, metrics, governance, loaded }: ServiceParts, lifecycle: Lifecycle): NamedModels {
  const { repository } = models;
  const parts: ModelsReportParts = {
    models,
    footprint: (engine) => governance.footprints.of(engine),
    sample: () => governance.governor.sample,
    idleUnloadMs: () => loaded().settings.modelIdleUnloadMs,
    now: () => performance.now(),
  };
  publishModels(metrics, parts);
  const list = (): ModelsReply => reportModels(parts);
  const rowOf = (name: string): ModelRow => {
    const row = list().models.find((one) => one.name === name);
    if (!row) throw new CombotError("MODEL_UNKNOWN", `there is no model ${name} any more`);
    return row;
  };
  return {
    listModels: async () => list(),
    rescanModels: (by) => lifecycle.change("rescan", by, undefined, () => repository.rescan()),
    loadModel: (name, wait, by) => lifecycle.load(wait, by, name),
    unloadModel: (name, wait, by) => lifecycle.unload(wait, by, name),
    pinModel: async (name, pinned, by) => {
      await lifecycle.change(pinned ? "pin" : "unpin", by, name, () => repository.pin(name, pinned));
      return rowOf(name);
    },
    putModel: async (name, dir, by) => {
      await lifecycle.change("model put", by, name, () => repository.put(name, dir));
      return rowOf(name);
    },
    removeModel: async (name, by) => {
      await lifecycle.change("model remove", by, name, () => repository.remove(name));
      return list();
    },
  };
}

function classifying(parts: ServiceParts): Pick<Services, "classify" | "classifySeveral"> {
  const { models } = parts;
  return {
    classify: (request, hangUp, timing) =>
      toldOf(parts, request, timing, (call) => models.classify(call, hangUp, timing), ofOne),
    classifySeveral: (request, hangUp, timing) =>
      toldOf(parts, request, timing, (call) => askSeveral(models, call, hangUp, timing), ofSeveral),
  };
}

/** A test's is counted by itself. Nobody stands behind it whose questions a worker would have to forget. */
async function toldOf<R extends ClassifyReply | SeveralReply>(
  { metrics, onlookers }: ServiceParts,
  request: AskedRequest,
  timing: CallTiming | undefined,
  ask: (request: AskedRequest) => Promise<R>,
  textsOf: (reply: R) => readonly ClassifyResult[],
): Promise<R> {
  if (request.isTest) onlookers.tell("metrics", () => metrics.tested());
  const steps = request.isTest ? undefined : timing?.steps;
  if (steps) steps.askedAtMs = performance.now();
  try {
    const reply = await ask(request.isTest ? withoutUser(request) : request);
    const texts = textsOf(reply);
    const source = slowestOf(texts);
    if (timing) timing.source = source;
    if (steps) steps.answeredAtMs = performance.now();
    if (!request.isTest)
      onlookers.tell("metrics", () => metrics.answered(source, texts.length, reply.durationMs, request.priority));
    return reply;
  } catch (error) {
    if (!request.isTest)
      onlookers.tell("metrics", () => metrics.failed(error instanceof CombotError ? error.code : "INTERNAL"));
    throw error;
  }
}

function withoutUser({ user: _user, ...call }: AskedRequest): AskedRequest {
  return call;
}

function ofOne({ results }: ClassifyReply): readonly ClassifyResult[] {
  return results;
}

/** A text counts once for each model that has answered it. */
function ofSeveral({ results }: SeveralReply): readonly ClassifyResult[] {
  return results.flatMap(({ byModel }) => Object.values(byModel).filter((said) => "label" in said));
}

/** A call takes as long as the slowest of its texts. */
function slowestOf(texts: readonly ClassifyResult[]): LatencyClass {
  let slowest: LatencyClass = "memory";
  for (const { cached } of texts) {
    if (cached === false) return "computed";
    if (cached === "redis") slowest = cached;
  }
  return slowest;
}
