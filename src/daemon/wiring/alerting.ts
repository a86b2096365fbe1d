import { statfs } from "node:fs/promises";
import { hostname } from "node:os";
import type { Settings } from "../../lib/config/settings.ts";
import { StealMeter } from "../../lib/cpu-steal.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import type { JournalReport } from "../../lib/protocol/metrics.ts";
import { thresholdsOf } from "../alerts/thresholds.ts";
import { Watch } from "../alerts/watch.ts";
import { Webhook } from "../alerts/webhook.ts";
import type { Caching } from "./caching.ts";
import type { Governance } from "./governance.ts";
import type { Logger } from "../log/log.ts";
import type { AnswerTally } from "../metrics/answer-tally.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Drift } from "../reports/drift.ts";
import { keysFound } from "../reports/cache-metrics.ts";
import type { FolderWatch } from "../model/folder-watch.ts";
import type { Models } from "../residency/models.ts";
import type { AlertReading } from "../policy/alerts/reading.ts";

/** Redis is asked for its figures on behalf of alerts no more often than this. */
const REDIS_MAX_AGE_MS = 4500;
/** A moment of it is nobody's concern. */
const STEAL_WINDOW_MS = 60_000;

export interface AlertingParts {
  readonly models: Models;
  readonly folder: FolderWatch;
  readonly metrics: Metrics;
  readonly answers: AnswerTally;
  /** Undefined without a journal. */
  readonly drift: Drift | undefined;
  readonly governance: Governance;
  readonly caching: Caching;
  readonly onlookers: Onlookers;
  /** Null without one. */
  readonly journal: () => JournalReport | null;
  readonly onAlert: (alert: Alert) => void;
}

/** The watch over all of it, with the log, the listeners and the webhook told. */
export function createWatch(settings: Settings, parts: AlertingParts, log: Logger): Watch {
  const steal = new StealMeter(STEAL_WINDOW_MS);
  return new Watch({
    read: async () => {
      const reading = await readFor(settings, parts);
      return { ...reading, cpuStolen: steal.share(reading.atMs) };
    },
    thresholds: () => thresholdsOf(settings),
    host: hostname(),
    webhook: createWebhook(settings, log),
    tell: (alert, isReminder) => {
      parts.onlookers.tell("log", () => logAlert(log, alert, isReminder));
      parts.onAlert(alert);
    },
    onFailure: (error) => parts.onlookers.failed("alerts", error),
  });
}

function createWebhook(settings: Settings, log: Logger): Webhook {
  return new Webhook({
    target: () => {
      const { alertWebhookUrl: url, alertWebhookFormat: format } = settings;
      return url === null ? null : { url, format };
    },
    onFailure: (reason, waiting) => log.error({ reason, waiting }, "alerts could not be posted; they wait"),
  });
}

async function readFor(settings: Settings, parts: AlertingParts): Promise<Omit<AlertReading, "cpuStolen">> {
  const { models, folder, metrics, answers, drift, governance, caching } = parts;
  answers.look();
  const { pool, unshared } = models.current;
  const { calls, failures } = await metrics.outcomes();
  return {
    atMs: performance.now(),
    ...memoryReading(governance),
    hold: holdOf(governance),
    recycles: (await metrics.recycles()).byReason,
    workersHeld: pool.held !== undefined,
    workersWanted: pool.slots.filter(({ wanted }) => wanted).length,
    workersServing: pool.serving,
    calls,
    failedCalls: failures,
    ...cacheReading(caching),
    ...(await redisReading(caching)),
    ...journalReading(parts.journal()),
    weightsUnshared: unshared() !== undefined,
    modelChanged: folder.fault !== undefined,
    modelsFailed: models.repository.entries.filter(({ failure, engine }) => failure ?? engine?.pool.held).length,
    reloadMs: Object.fromEntries(models.tenants.map(({ name, engine: { uses } }) => [name, uses.reloadMs])),
    unsureDeviation: drift?.deviation ?? null,
    diskFree: await diskFree(settings.stateDir),
  };
}

function memoryReading({ governor: { sample, unmeasured } }: Governance) {
  const memoryUnmeasured = unmeasured !== undefined;
  return { memoryUsage: memoryUnmeasured ? null : (sample?.usage ?? null), memoryUnmeasured };
}

function cacheReading({ answers }: Caching) {
  const { hits, lookups } = answers.rate;
  return { hits, lookups, keysFound: keysFound(answers), keysExpired: answers.memory.expired };
}

async function redisReading({ redis }: Caching) {
  if (!redis) return { redisUp: null, redisMemory: null, redisEvicted: null };
  const { usedBytes, maxBytes, evictedKeys } = await redis.report.figures(REDIS_MAX_AGE_MS);
  const redisMemory = usedBytes === null || !maxBytes ? null : usedBytes / maxBytes;
  const { state, refused } = redis.connection;
  // One that nobody asked for is missed by nobody.
  const redisUp = state === "off" ? null : state === "up" && refused === null;
  return { redisUp, redisMemory, redisEvicted: evictedKeys };
}

function journalReading(journal: JournalReport | null) {
  // While it is being opened for the first time, nobody can tell yet.
  const journalUp = !journal || journal.state === "opening" ? null : journal.state === "up";
  return { journalUp, journalDropped: journal?.dropped ?? 0 };
}

/** The last of the two decisions that lead to a hold tells which it was. */
function holdOf({ governor, decisions }: Governance): AlertReading["hold"] {
  if (!governor.held) return null;
  const last = decisions.list({ limit: 1000 }).findLast(({ action }) => action === "hold" || action === "keep one");
  return last?.action === "keep one" ? "not ours" : "hold";
}

async function diskFree(folder: string): Promise<number | null> {
  try {
    const { bavail, blocks } = await statfs(folder);
    return blocks === 0 ? null : bavail / blocks;
  } catch {
    return null; // not made yet
  }
}

function logAlert(log: Logger, { state, summary, help, ...figures }: Alert, isReminder: boolean): void {
  if (state === "resolved") return log.info(figures, `alert resolved: ${figures.alert}`);
  const level = ({ warning: "warn", critical: "error", emergency: "fatal" } as const)[figures.severity];
  log[level]({ ...figures, help }, `alert ${isReminder ? "still firing" : "firing"}: ${summary}`);
}
