import type { Settings } from "../../lib/config/settings.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import { Classifier } from "../classifier/classifier.ts";
import type { Compute } from "../classifier/departures.ts";
import type { Decisions } from "../governor/decisions.ts";
import type { Logger } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ServedModel } from "../model/served-model.ts";
import { channelModelOf, createModelSource, threadsOf } from "../residency/model-source.ts";
import { observePool } from "./observation.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Engine } from "../residency/engine.ts";
import { BATCH_LIMITS, halved } from "../policy/batch.ts";
import type { BatchLimits } from "../policy/batch.ts";
import { Pool } from "../pool/pool.ts";
import type { PoolSettings } from "../pool/pool.ts";
import type { ModelSource } from "../prepared/source.ts";
import { Queue } from "../queue/queue.ts";
import type { UserHash } from "../text/user-hash.ts";

export interface EngineParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cache: AnswerCache;
  /** What memory allows now. */
  readonly memory: MemoryGate;
  /** Told of workers that die. */
  readonly decisions: Decisions;
  readonly onlookers: Onlookers;
  readonly hashUser: UserHash;
  /** Told each text that was answered, in the form that the cache knows it by. */
  readonly onAnswered: (text: string) => void;
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
  const { settings, log, cache, hashUser, memory, onAnswered } = parts;
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
  const pool = createPool(model, source, queue, parts);
  queue.onWork(() => pool.dispatch());
  const compute: Compute = async (texts, submission) => {
    const outcome = await queue.submit(texts, submission);
    parts.onlookers.tell("metrics", () => parts.metrics.waited(outcome.queueMs));
    return outcome;
  };
  const creditUser = (user: string): void => pool.creditUser(user);
  const classifier = new Classifier({ model, cache, compute, hashUser, creditUser, onAnswered, now });
  return {
    model,
    queue,
    pool,
    classifier,
    unshared: () => source.fallback,
    trial: () => source.trial,
    doing: () => doing,
  };
}

/** As the settings are at each moment: a reload counts for the workers that run. */
function poolSettings(settings: Settings): PoolSettings {
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
      return settings.modelIdleUnloadMs === 0;
    },
  };
}

function createPool(model: ServedModel, source: ModelSource, queue: Queue, parts: EngineParts): Pool {
  const { settings, log, metrics, decisions, onlookers } = parts;
  const { workers } = settings;
  return new Pool({
    workers,
    model: {
      threads: threadsOf(workers),
      ...channelModelOf(model),
    },
    files: source,
    settings: poolSettings(settings),
    source: queue,
    refusal: (workers) => parts.memory.refusal(workers),
    onEvent: (event) => observePool(event, { log, metrics, decisions, onlookers, cache: parts.cache.memory }),
    now,
    random: Math.random,
  });
}
