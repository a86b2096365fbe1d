import type { Settings } from "../../lib/config/settings.ts";
import type { ClassifyResult } from "../../lib/protocol/classify.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import { Classifier } from "../classifier/classifier.ts";
import type { Question } from "../classifier/question.ts";
import type { Compute } from "../classifier/departures.ts";
import type { Decisions } from "../governor/decisions.ts";
import type { Logger } from "../log/log.ts";
import type { ServedModel } from "../model/served-model.ts";
import { idleUnloadMsOf, workersOf } from "../residency/model-wishes.ts";
import { channelModelOf, createModelSource, threadsOf } from "../residency/model-source.ts";
import { observePool } from "./observation.ts";
import type { Counts } from "./observation.ts";
import type { Onlookers } from "./onlookers.ts";
import type { Engine } from "../residency/engine.ts";
import { BATCH_LIMITS, halved } from "../policy/batch.ts";
import type { BatchLimits } from "../policy/batch.ts";
import type { Cores } from "../pool/cores.ts";
import type { PoolEvent } from "../pool/events.ts";
import type { Refusal } from "../pool/nursery.ts";
import { Pool } from "../pool/pool.ts";
import type { PoolSettings } from "../pool/pool.ts";
import type { EarlyCheck } from "../prepared/early-check.ts";
import type { ModelSource } from "../prepared/source.ts";
import { Queue } from "../queue/queue.ts";
import { Uses } from "../residency/uses.ts";
import type { UserHash } from "../text/user-hash.ts";

export interface EngineParts {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Counts;
  readonly cache: AnswerCache;
  /** What memory allows now. */
  readonly memory: MemoryGate;
  /** The processors, which all models share. */
  readonly cores: Cores;
  /** Told of workers that die. */
  readonly decisions: Decisions;
  readonly onlookers: Onlookers;
  readonly hashUser: UserHash;
  /** Told each question that was answered, by which model, and whether its labels came with the call. */
  readonly onAnswered: (model: string, question: Question, result: ClassifyResult, isOwn: boolean) => void;
  /** Nobody waits for what it answers: it takes what the processors have left. */
  readonly isSpare?: boolean;
  /** Of what was prepared, where one was begun at the start. */
  readonly early?: EarlyCheck | undefined;
}

/** Who shares memory out, as far as workers and batches have to ask. */
export interface MemoryGate {
  /** Why so many more workers of that model may not be started now, with the arithmetic. */
  refusal(engine: Engine, workers: number): Refusal | undefined;
  /** From `high` on, batches are halved. */
  readonly isHigh: boolean;
  /** Told of each worker that has come to serve, at once: what its load took is the kernel's to tell. */
  loaded(engine: Engine, pid: number): void;
  /** Told of each worker that the kernel took, for want of memory, before it had answered anything. */
  outgrew(engine: Engine): void;
  /** Told of each worker that is no more, however it ended. */
  ended(): void;
}

const now = (): number => performance.now();

/**
 * Nothing runs yet: `pool.load()` starts the workers, or the first text does.
 *
 * @param name of a model in the repository, or of a candidate's process; of the default one none.
 */
export function createEngine(model: ServedModel, parts: EngineParts, name?: string): Engine {
  const { settings, log, cache, hashUser, memory, isSpare = false } = parts;
  const batchLimits = (): BatchLimits => (memory.isHigh ? halved(BATCH_LIMITS) : BATCH_LIMITS);
  let doing: string | undefined;
  const source = createModelSource(model, {
    stateDir: settings.stateDir,
    loadTimeoutMs: () => settings.modelLoadTimeoutMs,
    threads: threadsOf(settings.workers),
    isSpare,
    early: parts.early,
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
  const onLoad = (event: PoolEvent): void => {
    if (event.type === "ready") memory.loaded(engine, event.pid);
    if (event.type === "died" || event.type === "stopped") memory.ended();
    if (event.type === "died" && event.reason === "oom" && !event.served) memory.outgrew(engine);
  };
  const pool = createPool({ model, source, queue, uses, refusal, onLoad, name }, parts);
  queue.onWork(() => pool.dispatch());
  const compute: Compute = async (texts, submission) => {
    const outcome = await queue.submit(texts, submission);
    const isBatch = submission.priority === "batch";
    if (!isBatch) parts.onlookers.tell("metrics", () => parts.metrics.waited(outcome.queueMs));
    return outcome;
  };
  const creditUser = (user: string): void => pool.creditUser(user);
  const onAnswered = (question: Question, result: ClassifyResult): void =>
    parts.onAnswered(name ?? DEFAULT_MODEL, question, result, question.labels !== model.labels);
  const classifier = new Classifier({ model, cache, compute, hashUser, creditUser, onAnswered, now });
  const engine: Engine = {
    model,
    queue,
    pool,
    classifier,
    uses,
    unshared: () => source.fallback,
    trial: () => source.trial,
    trying: () => source.trying,
    giveUpTrial: (why) => source.giveUpTrial(why),
    doing: () => doing,
  };
  return engine;
}

/** As the settings are at each moment: a reload counts for the workers that run. */
function poolSettings(settings: Settings, model: ServedModel, isSpare: boolean): PoolSettings {
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
      return !isSpare && (idleUnloadMsOf(model) ?? settings.modelIdleUnloadMs) === 0;
    },
  };
}

interface PoolParts {
  readonly model: ServedModel;
  readonly source: ModelSource;
  readonly queue: Queue;
  readonly uses: Uses;
  readonly refusal: (workers: number) => Refusal | undefined;
  readonly onLoad: (event: PoolEvent) => void;
  readonly name: string | undefined;
}

function createPool(of: PoolParts, parts: EngineParts): Pool {
  const { model, source, queue, uses, refusal, onLoad, name } = of;
  const { settings, log, metrics, decisions, onlookers, cores, isSpare = false } = parts;
  const observers = { log, metrics, decisions, onlookers, cache: parts.cache.memory, model: name };
  const pool: Pool = new Pool({
    workers: isSpare ? 1 : Math.min(settings.workers, workersOf(model) ?? settings.workers),
    isSpare,
    model: {
      threads: threadsOf(settings.workers),
      ...channelModelOf(model),
    },
    files: source,
    settings: poolSettings(settings, model, isSpare),
    source: queue,
    cores,
    refusal,
    onEvent: (event) => {
      onLoad(event);
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
