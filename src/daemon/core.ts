import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Settings } from "../lib/config/settings.ts";
import { Classifier } from "./classifier/classifier.ts";
import type { Logger } from "./log.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { ServedModel } from "./model/served-model.ts";
import type { PoolEvent } from "./pool/events.ts";
import { Pool } from "./pool/pool.ts";
import { Queue } from "./queue/queue.ts";

/** The single writers, wired to each other. */
export interface Core {
  readonly queue: Queue;
  readonly pool: Pool;
  readonly classifier: Classifier;
  readonly metrics: Metrics;
}

const now = (): number => performance.now();

export function createCore(settings: Settings, model: ServedModel, log: Logger): Core {
  const queue = new Queue({ maxTexts: settings.queueMaxTexts, requestTimeoutMs: settings.requestTimeoutMs, now });
  const pool = createPool(settings, model, queue, (event) => {
    logEvent(log, event);
    if (event.type === "batch") metrics.batch(event.texts, event.computeMs);
    if (event.type === "recycled") metrics.recycled(event.reason);
  });
  queue.onWork(() => pool.dispatch());
  const metrics = new Metrics(now, () => ({
    waiting: queue.waiting,
    oldestMs: queue.oldestMs,
    users: pool.users,
    ready: pool.serving,
    daemonRssBytes: process.memoryUsage.rss(),
  }));
  const classifier = new Classifier({
    model,
    compute: (texts, submission) => queue.submit(texts, submission),
    userKey: randomBytes(32),
    now,
  });
  return { queue, pool, classifier, metrics };
}

function createPool(settings: Settings, model: ServedModel, queue: Queue, onEvent: (event: PoolEvent) => void): Pool {
  const { workers } = settings;
  return new Pool({
    workers,
    model: {
      modelPath: model.modelPath,
      // More threads than cores is the slowest of all: 84 inferences/s where one thread a worker does 246.
      threads: Math.max(1, Math.floor(availableParallelism() / workers)),
      labels: model.labels.length,
      padId: model.padId,
      probe: model.probe,
    },
    loadTimeoutMs: settings.modelLoadTimeoutMs,
    requestTimeoutMs: settings.requestTimeoutMs,
    limits: {
      maxUsers: settings.maxUsersPerProcess,
      maxRequests: settings.maxRequests,
      maxUptimeMs: settings.recycleIntervalMs,
    },
    maxRequestsJitter: settings.maxRequestsJitter,
    source: queue,
    onEvent,
    now,
    random: Math.random,
  });
}

function logEvent(log: Logger, event: PoolEvent): void {
  const { type, ...fields } = event;
  const text = `worker ${type}`;
  if (type === "batch") log.trace(fields, "batch");
  else if (type === "died" || type === "delayed" || type === "refused") log.warn(fields, text);
  else if (type === "held") log.error(fields, "no worker is started any more");
  else log.info(fields, text);
}
