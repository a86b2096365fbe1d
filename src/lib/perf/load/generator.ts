import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../random.ts";
import { LATENCY_CLASSES } from "../../protocol/latency-classes.ts";
import type { LatencyClass } from "../../protocol/latency-classes.ts";
import { Caller } from "./caller.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { Latencies } from "./latency.ts";
import { closedLoop, openLoop } from "./loops.ts";
import type { LoopParts } from "./loops.ts";
import type { GeneratorFigures, LoadOrder, LoadProgress, LoadResult } from "./order.ts";
import { Pacer } from "./pacer.ts";
import { questions } from "./questions.ts";
import { Recorder } from "./recorder.ts";

const DELAY_RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

export interface GeneratorEvents {
  /** The warm-up is over. */
  readonly onMeasuring: () => void;
  /** No further request is begun; some may be in flight. */
  readonly onOver: () => void;
}

/** Asks as ordered, and counts. One run. */
export class Generator {
  readonly #order: LoadOrder;
  readonly #pool: ConnectionPool;
  readonly #caller: Caller;
  readonly #recorder = new Recorder();
  readonly #now = (): number => performance.now();
  readonly #pacer = new Pacer(this.#now);
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  #startedMs = 0;
  #measuringMs: number | undefined;
  readonly #stop = Promise.withResolvers<void>();
  readonly #cut = Promise.withResolvers<void>();
  #stopped = false;

  constructor(order: LoadOrder) {
    this.#order = order;
    const maxConnections = order.open?.connections ?? order.concurrency;
    this.#pool = new ConnectionPool({ address: order.address, maxConnections, now: this.#now });
    this.#caller = new Caller(this.#pool, order.path, order.headers, order.timeoutMs, this.#now);
  }

  get progress(): LoadProgress {
    const all = Latencies.merged(LATENCY_CLASSES.map((name) => this.#recorder.latencies[name]));
    return {
      isWarm: this.#measuringMs !== undefined,
      seconds: (this.#now() - (this.#measuringMs ?? this.#startedMs)) / 1000,
      begun: this.#recorder.begun,
      answered: this.#byClass((latencies) => latencies.count),
      failed: this.#recorder.failed,
      p50Ms: all.quantileMs(0.5),
      p99Ms: all.quantileMs(0.99),
      quantilesMs: {
        p50: all.quantileMs(0.5),
        p90: all.quantileMs(0.9),
        p99: all.quantileMs(0.99),
        p999: all.quantileMs(0.999),
        max: all.maxMs,
      },
      overdue: this.#recorder.overdue(this.#now()),
    };
  }

  /** Begins no further request. @param graceMs how long those under way are waited for; without it until they end. */
  stop(graceMs?: number): void {
    this.#stopped = true;
    this.#stop.resolve();
    if (graceMs !== undefined) setTimeout(this.#cut.resolve, graceMs).unref();
  }

  async run(events: GeneratorEvents): Promise<LoadResult> {
    const { warmUpSeconds, seconds: longest } = this.#order;
    this.#startedMs = this.#now();
    // Without a warm-up the very first request counts.
    let meter = warmUpSeconds > 0 ? undefined : this.#startMeasuring();
    const loop = this.#loop();
    if (!meter) await Promise.race([sleep(warmUpSeconds * 1000), loop, this.#stop.promise]);
    meter ??= this.#startMeasuring();
    events.onMeasuring();
    // The loop ends by itself where the number of requests is limited.
    await Promise.race([sleep(longest * 1000, undefined, { ref: false }), loop, this.#stop.promise]);
    this.stop();
    const seconds = (this.#now() - this.#measuringMs!) / 1000;
    const answeredInTime = this.#recorder.answered;
    const figures = meter();
    events.onOver();
    await Promise.race([loop, this.#cut.promise]);
    const counts = this.#counts();
    this.#caller.close();
    return { seconds, answeredInTime, ...counts, generator: { ...figures, ...this.#connections() } };
  }

  #loop(): Promise<void> {
    const { texts, weights, users, isUnique, model = null, seed, open, concurrency, requests } = this.#order;
    const parts: LoopParts = {
      caller: this.#caller,
      recorder: this.#recorder,
      question: questions({ texts, weights, users, isUnique, model, random: createRandom(seed) }),
      now: this.#now,
      isOver: () => this.#stopped || this.#recorder.begun >= (requests ?? Infinity),
    };
    if (!open) return closedLoop(concurrency, parts);
    return openLoop({ ...open, random: createRandom(seed + 1), pacer: this.#pacer }, parts);
  }

  /** @returns what tells how the generator fared from now on. */
  #startMeasuring(): () => Pick<GeneratorFigures, "cpuSeconds" | "utilisation" | "loopDelayMs"> {
    this.#measuringMs = this.#now();
    this.#recorder.start(this.#measuringMs);
    const cpu = process.cpuUsage();
    const loop = performance.eventLoopUtilization();
    const { nappedMs } = this.#pacer;
    this.#delay.enable();
    return () => {
      const { user, system } = process.cpuUsage(cpu);
      this.#delay.disable();
      // What it samples is the time between two ticks.
      const lateBy = (ns: number): number => Math.max(0, ns / NS_PER_MS - DELAY_RESOLUTION_MS);
      const at = (percentile: number): number => lateBy(this.#delay.percentile(percentile));
      const { active, idle } = performance.eventLoopUtilization(loop);
      return {
        cpuSeconds: (user + system) / 1e6,
        utilisation: (active - (this.#pacer.nappedMs - nappedMs)) / (active + idle),
        loopDelayMs: { mean: lateBy(this.#delay.mean), p50: at(50), p99: at(99), max: lateBy(this.#delay.max) },
      };
    };
  }

  #counts(): Pick<LoadResult, "begun" | "failed" | "failures" | "latencies" | "serverTimes" | "windows"> {
    const { begun, failed, failures, windows, serverTimes } = this.#recorder;
    const list = windows.all.map((window) => ({ ...window, latencies: window.latencies.encode() }));
    return {
      begun,
      failed,
      failures,
      latencies: this.#byClass((latencies) => latencies.encode()),
      serverTimes: serverTimes.encode(),
      windows: { lengthMs: windows.lengthMs, list },
    };
  }

  #connections(): Pick<GeneratorFigures, "lateness" | "connectionsOpened" | "waitedForConnection" | "retried"> {
    return {
      lateness: this.#recorder.lateness.encode(),
      connectionsOpened: this.#pool.opened,
      waitedForConnection: this.#pool.waited,
      retried: this.#caller.retried,
    };
  }

  #byClass<T>(of: (latencies: Latencies) => T): Record<LatencyClass, T> {
    const { memory, redis, computed } = this.#recorder.latencies;
    return { memory: of(memory), redis: of(redis), computed: of(computed) };
  }
}
