import type { PlanFailure, PlanOutcome } from "../../lib/protocol/plan.ts";
import { Decisions } from "../governor/decisions.ts";
import { Footprint } from "../governor/footprint.ts";
import { Governor } from "../governor/governor.ts";
import { BATCH_LIMITS, halved } from "../policy/batch.ts";
import { estimateLoad } from "../policy/fit.ts";
import { rankOf } from "../policy/level.ts";
import { Answers } from "./answers.ts";
import { REQUEST_COSTS } from "./daemon-costs.ts";
import { GovernedPool } from "./governed-pool.ts";
import { SimulatedMeter } from "./memory.ts";
import { Pool } from "./pool.ts";
import { Processors } from "./processors.ts";
import { ServiceTimes, threadsMeasured, threadsOf } from "./service-times.ts";
import { Spans } from "./spans.ts";
import type { Source, Standing, Tally } from "./tally.ts";
import type { SimulationOptions } from "./options.ts";
import type { Arrival } from "./traffic.ts";
import { VirtualTime } from "./virtual-time.ts";
import { WaitingLine, longestOf } from "./waiting-line.ts";
import type { Asker, Text } from "./waiting-line.ts";
import type { Worker } from "./worker.ts";

const SECOND_MS = 1000;

/** One daemon on one machine, from event to event: policy, governor and memory tier are the daemon's own. */
export class Simulation {
  readonly decisions: Decisions;
  readonly #options: SimulationOptions;
  readonly #time: VirtualTime;
  readonly #processors: Processors;
  readonly #answers: Answers;
  readonly #line: WaitingLine;
  readonly #pool: Pool;
  readonly #governor: Governor;
  readonly #meter: SimulatedMeter;
  readonly #flights = new Map<number, Text>();
  readonly #spans: Spans;
  readonly #counted = new Map<string, number>();
  readonly #createdAtMs = performance.now();
  /** What the daemon and whatever is beside it computed in this second, in ms. */
  #besideMs = 0;
  /** Until when the daemon's one thread has something to do. */
  #threadFreeAtMs = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { machine, policy, model, texts, time = new VirtualTime(), redis } = options;
    this.#time = time;
    const { now } = time;
    const threads = threadsOf(machine.cores, policy.workers);
    const times = new ServiceTimes(threadsMeasured(model, threads));
    const credits = machine.baseline === null ? null : { baseline: machine.baseline, unlimited: machine.unlimited };
    const { cores, speed } = machine;
    const crowding = (running: number): number => times.crowdingOf(running);
    this.#processors = new Processors(this.#time, { cores, speed, credits, crowding });
    this.#spans = new Spans({
      ...options,
      time,
      cores,
      standing: () => this.#standing(),
      onTurn: () => this.#processors.tick(0),
    });
    this.#answers = new Answers({
      texts,
      labels: model.labels,
      maxEntries: policy.maxCacheEntries,
      ttlMs: policy.cacheTtlMs,
      isRedisOn: policy.isRedisOn,
      ...(redis && { redis }),
      now,
    });
    this.#line = new WaitingLine({
      maxTexts: policy.queueMaxTexts,
      requestTimeoutMs: policy.requestTimeoutMs,
      batchLimits: () => (rankOf(this.#governor.level) >= rankOf("high") ? halved(BATCH_LIMITS) : BATCH_LIMITS),
      batching: model.batching,
      now,
      onExpired: (expired) => this.#fail(expired, "deadline"),
    });
    this.#pool = this.#createPool(threads, times);
    this.#meter = new SimulatedMeter({
      machine,
      limitBytes: policy.memoryLimitBytes,
      model: model.memory,
      workers: () => this.#pool.slots.flatMap((slot) => [...slot.workers]),
      cacheBytes: () => this.#answers.memory.bytes,
      now,
    });
    this.decisions = new Decisions({ clock: () => new Date(this.#time.nowMs), onFailure: () => undefined });
    this.decisions.addSink({ keep: ({ action, reason }) => this.#decided(action, reason) });
    this.#governor = this.#createGovernor();
  }

  async run(): Promise<PlanOutcome> {
    const { untilMs, warmUpMs, onProgress } = this.#options;
    await this.begin();
    await this.#time.runUntil(warmUpMs);
    this.measure();
    await this.#time.runUntil(untilMs, () => onProgress?.(this.#time.nowMs / untilMs));
    return this.end();
  }

  /** What is to happen is asked of the clock from here on: whoever shares one runs it. */
  async begin(): Promise<void> {
    await this.#governor.tick();
    if (this.#options.policy.preload) this.#pool.load();
    this.#tickFrom(SECOND_MS);
    this.#arriveNext();
  }

  /** It is warm: from here on is what is told of. */
  measure(): void {
    this.#counted.clear();
    this.#spans.begin();
  }

  /** Of all that was measured; whole once it has ended. */
  get total(): Tally {
    return this.#spans.total;
  }

  end(): PlanOutcome {
    return {
      ...this.#spans.end(),
      decisions: Object.fromEntries(this.#counted),
      surplusCredits: this.#processors.surplus,
      tookMs: performance.now() - this.#createdAtMs,
    };
  }

  get #tally(): Tally {
    return this.#spans.tally;
  }

  #standing(): Standing {
    const { usedMs, credits } = this.#processors;
    return { usedMs, credits: this.#options.machine.baseline === null ? null : credits };
  }

  #createPool(threads: number, times: ServiceTimes): Pool {
    const { policy, model, random } = this.#options;
    const { batchMs = (texts: number, tokens: number) => times.batchMs(texts, tokens, random()) } = this.#options;
    return new Pool({
      workers: policy.workers,
      limits: {
        maxUsers: policy.maxUsersPerProcess,
        maxRequests: policy.maxRequests,
        maxRequestsJitter: policy.maxRequestsJitter,
        maxUptimeMs: policy.recycleIntervalMs,
      },
      requestTimeoutMs: policy.requestTimeoutMs,
      unloadAfterBatch: policy.modelIdleUnloadMs === 0,
      line: this.#line,
      time: this.#time,
      processors: this.#processors,
      loadMs: model.loadMs,
      threads,
      serviceMs: (batch) => batchMs(batch.length, longestOf(batch)),
      refusal: (workers) =>
        this.#governor.refusal(workers, {
          footprint: this.#footprint,
          serving: this.#pool.serving > 0,
          promisedBytes: 0,
          alone: true,
          replaces: true,
        }),
      onAnswered: (batch, worker) => this.#answered(batch, worker),
      onRefused: (refused) => this.#fail(refused, "no worker"),
      onLoadRefused: () => this.#decided("refuse load", "it does not fit"),
      onRecycled: (worker) => {
        this.#tally.recycles += 1;
        this.#answers.memory.dropWorker(worker.pid);
      },
      onServing: () => (this.#tally.loads += 1),
      random,
    });
  }

  readonly #footprint = new Footprint(() =>
    estimateLoad({
      modelBytes: this.#options.model.bytes,
      shared: this.#options.model.memory.sharedBytes > 0,
      tried: true,
    }),
  );

  #createGovernor(): Governor {
    const { policy } = this.#options;
    const workers = new GovernedPool(this.#pool, this.#line, (refused) => this.#fail(refused, "emergency"));
    return new Governor({
      meter: this.#meter,
      workers: () => workers,
      footprint: () => this.#footprint,
      onSample: (sample) =>
        this.#footprint.observe(
          sample,
          this.#pool.slots.flatMap(({ current }) => (current?.serving ? [current.pid] : [])),
        ),
      cache: this.#answers.memory,
      decisions: this.decisions,
      thresholds: policy.memory,
      idleUnloadMs: policy.modelIdleUnloadMs,
      collectGarbage: () => Promise.resolve(),
      purgeRedis: () => undefined,
      now: this.#time.now,
      onFailure: () => undefined,
    });
  }

  #tickFrom(atMs: number): void {
    this.#time.at(atMs, () => {
      this.#processors.tick(this.#besideMs / SECOND_MS);
      this.#besideMs = 0;
      this.#line.expire();
      this.#tally.memory(this.#meter.read());
      const { limits, warmUpMs } = this.#options;
      if (limits && atMs > warmUpMs && this.#tally.isBeyond(limits)) this.#time.stop();
      void this.#governor.tick();
      this.#time.unsettle();
      this.#tickFrom(atMs + SECOND_MS);
    });
  }

  #arriveNext(): void {
    const arrival = this.#options.traffic.next();
    if (!arrival) return;
    this.#time.at(arrival.atMs, () => {
      this.#arrive(arrival);
      this.#arriveNext();
    });
  }

  #arrive({ atMs, user, rank, tokens }: Arrival): void {
    this.#tally.requests += 1;
    this.#besideMs += this.#options.machine.besideMs;
    const flight = rank < 0 ? undefined : this.#flights.get(rank);
    if (flight) return void flight.joined.push({ atMs: atMs - this.#handle(REQUEST_COSTS.memory.threadMs), user });
    const found = this.#answers.find(rank);
    const waitMs = found === "memory" ? 0 : this.#answers.redisWaitMs;
    if (found) {
      this.#pool.creditUser(user);
      const { threadMs, pathMs } = REQUEST_COSTS[found];
      return this.#tally.answered(found, this.#handle(threadMs) + pathMs + waitMs);
    }
    const asker = { atMs: atMs - this.#handle(REQUEST_COSTS.computed.threadMs) - waitMs, user };
    const text: Text = { tokens, enqueuedAtMs: atMs, alone: false, rank, asker, joined: [] };
    if (!this.#line.admit(text)) return this.#tally.failed(this.#line.isRefusing ? "emergency" : "queue full");
    if (rank >= 0) this.#flights.set(rank, text);
    this.#pool.dispatch();
  }

  /** What it takes of the daemon's thread. @returns how long it waits for its turn there, in ms. */
  #handle(ms: number): number {
    const waitMs = Math.max(0, this.#threadFreeAtMs - this.#time.nowMs);
    this.#threadFreeAtMs = this.#time.nowMs + waitMs + ms;
    this.#besideMs += ms;
    this.#tally.thread(ms);
    return waitMs;
  }

  #answered(batch: readonly Text[], worker: Worker): void {
    this.#tally.batch(batch.length);
    for (const text of batch) {
      this.#flights.delete(text.rank);
      this.#answers.keep(text.rank, worker.pid);
      this.#tell(text.asker, "computed");
      for (const asker of text.joined) {
        this.#pool.creditUser(asker.user);
        this.#tell(asker, "coalesced");
      }
    }
  }

  #tell({ atMs }: Asker, source: Source): void {
    const tookMs = this.#time.nowMs - atMs + REQUEST_COSTS.computed.pathMs;
    if (tookMs > this.#options.policy.requestTimeoutMs) this.#tally.failed("deadline");
    else this.#tally.answered(source, tookMs);
  }

  #fail(texts: readonly Text[], why: PlanFailure): void {
    for (const { rank, joined } of texts) {
      this.#flights.delete(rank);
      for (let count = 0; count <= joined.length; count++) this.#tally.failed(why);
    }
  }

  #decided(action: string, reason: string): void {
    if (action === "unload" || action === "unload idle" || action === "unload all") this.#tally.unloads += 1;
    const name = `${action}: ${reason}`;
    this.#counted.set(name, (this.#counted.get(name) ?? 0) + 1);
  }
}
