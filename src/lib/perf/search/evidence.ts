import type { MemoryLevel } from "../../protocol/memory-levels.ts";
import { MEMORY_LEVELS } from "../../protocol/memory-levels.ts";
import type { Found } from "../main-run.ts";
import { CpuMeter } from "../watch/cpu-meter.ts";
import type { CpuReading } from "../watch/cpu-meter.ts";
import type { DaemonWatch, WatchedSample } from "../watch/daemon-watch.ts";
import { quotaPeriods, throttledBetween } from "../watch/quota.ts";
import type { QuotaPeriods } from "../watch/quota.ts";
import { swappedBytes } from "../watch/swap.ts";
import type { Evidence } from "./bound.ts";
import type { StepVerdict } from "./judge.ts";

const DANGER: readonly MemoryLevel[] = ["critical", "emergency"];

/** What the machine, the daemon and Redis were like while a rate was offered. */
export class EvidenceMeter {
  readonly #watch: Pick<DaemonWatch, "samples">;
  readonly #cores: number;
  #cpu: CpuMeter | undefined;
  #read: CpuReading | undefined;
  #from = 0;
  #swapped: number | null = null;
  #periods: readonly QuotaPeriods[] = [];
  #throttled: number | null = null;
  #ownPeriods: readonly QuotaPeriods[] = [];
  #ownThrottled: number | null = null;

  constructor(watch: Pick<DaemonWatch, "samples">, cores: number) {
    this.#watch = watch;
    this.#cores = cores;
    this.#from = watch.samples.length;
  }

  begin(): void {
    this.#from = this.#watch.samples.length;
    this.#cpu = new CpuMeter(() => performance.now(), this.#cores, this.#pids);
    this.#swapped = swappedBytes();
    this.#ownPeriods = quotaPeriods(process.pid);
    this.#periods = this.#daemonPid === undefined ? [] : quotaPeriods(this.#daemonPid);
  }

  end(): void {
    this.#read = this.#cpu?.read(this.#pids);
    // The generator is a child of this process, and lies where it does.
    this.#ownThrottled = throttledBetween(this.#ownPeriods, quotaPeriods(process.pid));
    if (this.#daemonPid !== undefined) this.#throttled = throttledBetween(this.#periods, quotaPeriods(this.#daemonPid));
  }

  /** As far as it has been seen until now. */
  get memory(): Pick<Evidence, "level" | "usage" | "swappedBytes"> {
    const seen = this.#seen;
    const ranks = seen.map(({ sample }) => MEMORY_LEVELS.indexOf(sample.memory.level));
    const now = swappedBytes();
    return {
      level: seen.length === 0 ? null : (MEMORY_LEVELS[Math.max(...ranks)] ?? null),
      usage: seen.length === 0 ? null : Math.max(...seen.map(({ sample }) => sample.memory.usage)),
      swappedBytes: now === null || this.#swapped === null ? null : now - this.#swapped,
    };
  }

  /** To go on could end what serves. */
  get isInDanger(): boolean {
    const { level, swappedBytes: swapped } = this.memory;
    return DANGER.includes(level ?? "normal") || (level !== null && (swapped ?? 0) > 0 && level !== "normal");
  }

  /** @param limitMs of p99. @param isUnique nothing was looked up in a cache. */
  evidence(found: Found, { targets }: StepVerdict, limitMs: number | null, isUnique: boolean): Evidence {
    const { generator, requests, errors, server, latencyMs } = found;
    const { machineCpu = null, treeCpu = null, steal = null } = this.#read ?? {};
    const memoryMissed = targets.filter(({ name, pass }) => pass === false && name.startsWith("memory"));
    const waiting = this.#seen.map(({ sample }) => sample.metrics.queue.waiting);
    return {
      generator: generator.bottleneck,
      generatorUtilisation: generator.utilisation,
      generatorThrottled: this.#ownThrottled,
      ...this.memory,
      memoryMissed: memoryMissed.map(({ what }) => `${what} was over its target`),
      machineCpu,
      ownCpu: treeCpu === null ? null : treeCpu + generator.cpu / this.#cores,
      steal,
      throttled: this.#throttled,
      computedMs: server.computedMs.mean,
      queueMs: server.queueMs?.mean ?? null,
      batchMs: server.batchMs?.mean ?? null,
      refusedShare: requests.begun === 0 ? 0 : (errors["QUEUE_FULL"] ?? 0) / requests.begun,
      waiting: waiting.length === 0 ? null : Math.max(...waiting),
      redisMs: isUnique ? null : middle(this.#seen.map(({ sample }) => sample.redis.latencyMs)),
      redisAway: isUnique ? 0 : shareOf(this.#seen, isRedisAway),
      redisAnswerMs: latencyMs.redis.p50,
      limitMs,
    };
  }

  get #seen(): readonly WatchedSample[] {
    return this.#watch.samples.slice(this.#from);
  }

  get #last(): WatchedSample | undefined {
    return this.#watch.samples.at(-1);
  }

  get #pids(): number[] {
    return this.#last?.sample.memory.processes.map(({ pid }) => pid) ?? [];
  }

  get #daemonPid(): number | undefined {
    return this.#last?.sample.process.daemon.pid;
  }
}

function isRedisAway({ sample: { redis } }: WatchedSample): boolean {
  return redis.state === "down" || (redis.state === "up" && redis.breaker === "open");
}

function shareOf(samples: readonly WatchedSample[], is: (sample: WatchedSample) => boolean): number {
  return samples.length === 0 ? 0 : samples.filter(is).length / samples.length;
}

function middle(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}
