import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Settings } from "../lib/config/settings.ts";
import { Classifier } from "./classifier/classifier.ts";
import type { Compute } from "./classifier/classifier.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { ServedModel } from "./model/served-model.ts";
import { observePool } from "./observation.ts";
import type { Engine } from "./operations/engine.ts";
import { BATCH_LIMITS, halved } from "./policy/batch.ts";
import type { BatchLimits } from "./policy/batch.ts";
import { Pool } from "./pool/pool.ts";
import { ModelSource } from "./prepared/source.ts";
import { PREPARED_MODEL, PREPARED_WEIGHTS, PreparedStore } from "./prepared/store.ts";
import { Queue } from "./queue/queue.ts";
import { prepareInChild } from "./workers/prepare.ts";

export interface EngineParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What memory allows now. */
  readonly memory: MemoryGate;
  /** Keys the hashes of users. */
  readonly userKey: Buffer;
}

/** The governor, as far as workers and batches have to ask it. */
export interface MemoryGate {
  /** Why so many more workers may not be started now, with the arithmetic. */
  refusal(workers: number): string | undefined;
  /** From `high` on, batches are halved. */
  readonly isHigh: boolean;
}

const now = (): number => performance.now();

/** Nothing runs yet: `pool.load()` starts the workers, or the first text does. */
export function createEngine(model: ServedModel, parts: EngineParts): Engine {
  const { settings, userKey, memory } = parts;
  const batchLimits = (): BatchLimits => (memory.isHigh ? halved(BATCH_LIMITS) : BATCH_LIMITS);
  const queue = new Queue({
    maxTexts: settings.queueMaxTexts,
    requestTimeoutMs: settings.requestTimeoutMs,
    now,
    batchLimits,
  });
  const source = createSource(model, parts);
  const pool = createPool(model, source, queue, parts);
  queue.onWork(() => pool.dispatch());
  const compute: Compute = (texts, submission) => queue.submit(texts, submission);
  const classifier = new Classifier({ model, compute, userKey, now });
  return { model, queue, pool, classifier, unshared: () => source.fallback };
}

function createSource(model: ServedModel, { settings, log }: EngineParts): ModelSource {
  const files = { model: PREPARED_MODEL, weights: PREPARED_WEIGHTS };
  const store = new PreparedStore({
    dir: join(settings.stateDir, "prepared"),
    prepare: (modelPath, folder) => prepareInChild(modelPath, folder, files, settings.modelLoadTimeoutMs),
    onProgress: (detail) => log.info({ model: model.name }, detail),
  });
  return new ModelSource(model, store, (reason) => {
    log.warn({ model: model.name, reason }, "workers load the plain file and share no weights");
  });
}

function createPool(model: ServedModel, source: ModelSource, queue: Queue, parts: EngineParts): Pool {
  const { settings, log, metrics } = parts;
  const { workers } = settings;
  return new Pool({
    workers,
    model: {
      // More threads than cores is the slowest of all: 84 inferences/s where one thread a worker does 246.
      threads: Math.max(1, Math.floor(availableParallelism() / workers)),
      labels: model.labels.length,
      padId: model.padId,
      probe: model.probe,
    },
    files: source,
    loadTimeoutMs: settings.modelLoadTimeoutMs,
    requestTimeoutMs: settings.requestTimeoutMs,
    limits: {
      maxUsers: settings.maxUsersPerProcess,
      maxRequests: settings.maxRequests,
      maxUptimeMs: settings.recycleIntervalMs,
    },
    maxRequestsJitter: settings.maxRequestsJitter,
    source: queue,
    unloadAfterBatch: settings.modelIdleUnloadMs === 0,
    refusal: (workers) => parts.memory.refusal(workers),
    onEvent: (event) => observePool(event, log, metrics),
    now,
    random: Math.random,
  });
}
