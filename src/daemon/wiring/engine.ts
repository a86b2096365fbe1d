import type { Settings } from "../../lib/config/settings.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import { Classifier } from "../classifier/classifier.ts";
import type { Compute } from "../classifier/departures.ts";
import type { Decisions } from "../governor/decisions.ts";
import type { Logger } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ServedModel } from "../model/served-model.ts";
import { idleUnloadMsOf, workersOf } from "../residency/model-wishes.ts";
import { channelModelOf, createModelSource, threadsOf } from "../residency/model-source.ts";
import { observePool } from "./observation.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Engine } from "../residency/engine.ts";
import { BATCH_LIMITS, halved } from "../policy/batch.ts";
import type { BatchLimits } from "../policy/batch.ts";
import type { Cores } from "../pool/cores.ts";
import type { Refusal } from "../pool/nursery.ts";
import { Pool } from "../pool/pool.ts";
import type { PoolSettings } from "../pool/pool.ts";
import type { ModelSource } from "../prepared/source.ts";
import { Queue } from "../queue/queue.ts";
import { Uses } from "../residency/uses.ts";
import type { UserHash } from "../text/user-hash.ts";

export interface EngineParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cache: AnswerCache;
  /** What memory allows now. */
  readonly memory: MemoryGate;
  /** The processors, which all models share. */
  readonly cores: Cores;
  /** Told of workers that die. */
  readonly decisions: Decisions;
  readonly onlookers: Onlookers;
  readonly hashUser: UserHash;
  /** Told each text that was answered, in the form that the cache knows it by. */
  readonly onAnswered: (text: string) => void;
}

/** Who shares memory out, as far as workers and batches have to ask. */
export interface MemoryGate {
  /** Why so many more workers of that model may not be started now, with the arithmetic. */
  refusal(engine: Engine, workers: number): Refusal | undefined;
  /** From `high` on, batches are halved. */
  readonly isHigh: boolean;
}

const now = (): number => performance.now();

/**
 * Nothing runs yet: `pool.load()` starts the workers, or the first text does.
 *
 * @param name of a model in the repository; of the default one none.
 */
export function createEngine(model: ServedModel, parts: EngineParts, name?: string): Engine {
  const { settings, log, cache, hashUser, memory } = parts;
  const batchLimits = (): BatchLimits => (memory.isHigh ? halved(BATCH_LIMITS) : BATCH_LIMITS);
  let doing: string | undefined;
  const source = createModelSource(model, {
    stateDir: settings.stateDir,
    loadTimeoutMs: () => settings.modelLoadTimeoutMs,
    threads: threadsOf(settings.workers),
    onProgress: (detail) => {
      doing = detail;
      log.info({ model: model.name }, detail);
    },
    onFallback: (reason) => log.warn({ model: model.name, reason }, "workers load the plain file and share no weights"),
  });
  const queue = new Queue({
    get maxTexts() {
      return settings.queueMaxTexts;
    },
    get requestTimeoutMs() {
      return settings.requestTimeoutMs;
    },
    now,
    batchLimits,
    batching: () => source.batching,
  });
  const uses = new Uses();
  const refusal = (workers: number): Refusal | undefined => memory.refusal(engine, workers);
  const pool = createPool({ model, source, queue, uses, refusal, name }, parts);
  queue.onWork(() => pool.dispatch());
  const compute: Compute = async (texts, submission) => {
    const outcome = await queue.submit(texts, submission);
    const isBatch = submission.priority === "batch";
    if (!isBatch) parts.onlookers.tell("metrics", () => parts.metrics.waited(outcome.queueMs));
    return outcome;
  };
  const creditUser = (user: string): void => pool.creditUser(user);
  // What is kept of texts is for the default model: it alone is warmed.
  const onAnswered = name === undefined ? parts.onAnswered : nothing;
  const classifier = new Classifier({ model, cache, compute, hashUser, creditUser, onAnswered, now });
  const engine: Engine = {
    model,
    queue,
    pool,
    classifier,
    uses,
    unshared: () => source.fallback,
    trial: () => source.trial,
    doing: () => doing,
  };
  return engine;
}

function nothing(): void {}

/** As the settings are at each moment: a reload counts for the workers that run. */
function poolSettings(settings: Settings, model: ServedModel): PoolSettings {
  return {
    get loadTimeoutMs() {
      return settings.modelLoadTimeoutMs;
    },
    get requestTimeoutMs() {
      return settings.requestTimeoutMs;
    },
    get maxUsers() {
      return settings.maxUsersPerProcess;
    },
    get maxRequests() {
      return settings.maxRequests;
    },
    get maxRequestsJitter() {
      return settings.maxRequestsJitter;
    },
    get maxUptimeMs() {
      return settings.recycleIntervalMs;
    },
    get unloadAfterBatch() {
      return (idleUnloadMsOf(model) ?? settings.modelIdleUnloadMs) === 0;
    },
  };
}

interface PoolParts {
  readonly model: ServedModel;
  readonly source: ModelSource;
  readonly queue: Queue;
  readonly uses: Uses;
  readonly refusal: (workers: number) => Refusal | undefined;
  readonly name: string | undefined;
}

function createPool({ model, source, queue, uses, refusal, name }: PoolParts, parts: EngineParts): Pool {
  const { settings, log, metrics, decisions, onlookers, cores } = parts;
  const observers = { log, metrics, decisions, onlookers, cache: parts.cache.memory, model: name };
  const pool: Pool = new Pool({
    workers: Math.min(settings.workers, workersOf(model) ?? settings.workers),
    model: {
      threads: threadsOf(settings.workers),
      ...channelModelOf(model),
    },
    files: source,
    settings: poolSettings(settings, model),
    source: queue,
    cores,
    refusal,
    onEvent: (event) => {
      if (event.type === "ready" && isFirst(pool)) uses.loaded(now(), event.tookMs);
      observePool(event, observers);
    },
    now,
    random: Math.random,
  });
  return pool;
}

/** No other worker of it serves: with this one the model is here. */
function isFirst(pool: Pool): boolean {
  return pool.slots.reduce((sum, { workers }) => sum + [...workers].filter(({ serving }) => serving).length, 0) === 1;
}
