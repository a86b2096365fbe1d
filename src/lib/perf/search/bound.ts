import type { BoundName } from "../../protocol/perf.ts";
import type { MemoryLevel } from "../../protocol/memory-levels.ts";

/** What was seen while a rate was offered that was not held. Null where it can't be seen. */
export interface Evidence {
  /** Why the load generator's figures are its own; null where they are not. */
  readonly generator: string | null;
  /** Share of the time in which its thread was busy. */
  readonly generatorUtilisation: number;
  /** Share of the periods in which a CPU quota made the generator stand still. */
  readonly generatorThrottled?: number | null;
  /** The highest level of memory, and the share of the limit. */
  readonly level: MemoryLevel | null;
  readonly usage: number | null;
  readonly swappedBytes: number | null;
  /** Targets of memory that were missed, in words. */
  readonly memoryMissed: readonly string[];
  /** Shares of all cores: of the machine, of the daemon with the generator, taken by the host. */
  readonly machineCpu: number | null;
  readonly ownCpu: number | null;
  readonly steal: number | null;
  /** Share of the periods in which a CPU quota made the daemon stand still. */
  readonly throttled: number | null;
  /** Of a computed answer in the daemon: all of it, its wait for a worker, its batch. Means. */
  readonly computedMs: number | null;
  readonly queueMs: number | null;
  readonly batchMs: number | null;
  /** Calls refused since the queue was full, of all. */
  readonly refusedShare: number;
  readonly waiting: number | null;
  /** A command's way to Redis and back, the middle one of what was probed; null where it is off. */
  readonly redisMs: number | null;
  /** Share of the readings in which Redis was away, or not asked since it was too slow; 0 where nothing is looked up. */
  readonly redisAway: number;
  /** Of an answer that Redis gave, at the client: the middle one. */
  readonly redisAnswerMs: number | null;
  /** What was allowed, of p99. */
  readonly limitMs: number | null;
}

export interface Bound {
  readonly by: BoundName;
  readonly evidence: readonly string[];
}

/** From here on of all cores, a machine has no more to give: what is left is what no process could take in time. */
const CPU_SPENT = 0.85;
/** Of the periods of a quota. */
const THROTTLED = 0.1;
const GENERATOR_BUSY = 0.9;
const MOST_SWAPPED_BYTES = 16 * 1024 ** 2;
const OTHERS = 0.1;
/** Of the time that an answer takes. */
const REDIS_SHARE = 0.4;
/** Of the readings. */
const REDIS_AWAY = 0.3;
const FULL: readonly (MemoryLevel | null)[] = ["high", "critical", "emergency"];

export function isMemoryFull({ level, swappedBytes }: Pick<Evidence, "level" | "swappedBytes">): boolean {
  return FULL.includes(level) || (swappedBytes ?? 0) >= MOST_SWAPPED_BYTES;
}

/**
 * What kept a machine from more, as far as its figures tell, the surest first: a generator that has no time says nothing of
 * the daemon; memory ends a rate whatever else is left; where time goes in Redis no processor helps; and a queue that grows
 * is the processors' affair where these are spent, and that of workers or limits where they are not.
 */
export function boundOf(seen: Evidence): Bound | null {
  // Where the daemon leaves no processor to anybody, the generator is late too, and no more than late.
  const isGenerator =
    seen.generator !== null && (!isCpuSpent(seen) || seen.generatorUtilisation > GENERATOR_BUSY || isHeldBack(seen));
  if (isGenerator) return { by: "generator", evidence: [seen.generator ?? ""] };
  if (isMemoryFull(seen) || seen.memoryMissed.length > 0) return { by: "memory", evidence: memoryWords(seen) };
  const redis = redisWords(seen);
  if (redis.length > 0) return { by: "redis", evidence: redis };
  if (isCpuSpent(seen)) return { by: "cpu", evidence: [...cpuWords(seen), ...queueWords(seen)] };
  const queue = queueWords(seen);
  if (queue.length > 0) return { by: "queue", evidence: [...queue, ...cpuWords(seen)] };
  // Nothing waits, and yet it takes longer than is allowed: the model itself does.
  const alone = seen.batchMs !== null && seen.limitMs !== null && seen.batchMs >= seen.limitMs / 2;
  return alone ? { by: "cpu", evidence: [`a batch alone takes ${ms(seen.batchMs)}`, ...cpuWords(seen)] } : null;
}

/** By a quota that the daemon does not lie under. */
function isHeldBack({ generatorThrottled, throttled }: Evidence): boolean {
  return (generatorThrottled ?? 0) >= THROTTLED && (throttled ?? 0) < THROTTLED;
}

function memoryWords({ level, usage, swappedBytes, memoryMissed }: Evidence): string[] {
  const words = [...memoryMissed];
  if (FULL.includes(level))
    words.unshift(`memory came to level ${level}${usage === null ? "" : `, ${percent(usage)} used`}`);
  if ((swappedBytes ?? 0) >= MOST_SWAPPED_BYTES)
    words.push(`the machine swapped ${Math.round((swappedBytes ?? 0) / 1024 ** 2)} MiB`);
  return words;
}

function redisWords(seen: Evidence): string[] {
  const { redisMs, redisAway, redisAnswerMs, computedMs, queueMs } = seen;
  const away = `Redis was too slow or away, and not asked, for ${percent(redisAway)} of the time`;
  if (redisMs !== null && isMostOf(redisMs, seen)) {
    const words = [`a command takes Redis ${ms(redisMs)}`];
    if (redisAnswerMs !== null) words.push(`an answer out of Redis takes ${ms(redisAnswerMs)}`);
    if (computedMs !== null)
      words.push(`a computed one ${ms(computedMs)}, of which it waits ${ms(queueMs ?? 0)} for a worker`);
    return redisAway > 0 ? [...words, away] : words;
  }
  // Where the processors are spent, Redis is late as everybody is.
  return redisAway >= REDIS_AWAY && !isCpuSpent(seen) ? [away] : [];
}

function isCpuSpent({ machineCpu, throttled }: Evidence): boolean {
  return (machineCpu ?? 0) >= CPU_SPENT || (throttled ?? 0) >= THROTTLED;
}

/** A share of what is allowed, and more than the wait for a worker. */
function isMostOf(redisMs: number, { limitMs, queueMs, batchMs }: Evidence): boolean {
  const inWorkers = (queueMs ?? 0) + (batchMs ?? 0);
  return redisMs >= REDIS_SHARE * Math.min(limitMs ?? Infinity, inWorkers + redisMs) && redisMs > (queueMs ?? 0);
}

function queueWords({ queueMs, batchMs, refusedShare, waiting }: Evidence): string[] {
  const words: string[] = [];
  if (refusedShare > 0) words.push(`${percent(refusedShare)} of the calls were refused: the queue was full`);
  if (queueMs !== null && queueMs > (batchMs ?? 0))
    words.push(`texts waited ${ms(queueMs)} for a worker, a batch takes ${ms(batchMs ?? 0)}`);
  if (words.length > 0 && waiting !== null) words.push(`up to ${waiting} texts waited at a time`);
  return words;
}

function cpuWords({ machineCpu, ownCpu, steal, throttled }: Evidence): string[] {
  const words: string[] = [];
  if (machineCpu !== null) words.push(`${percent(machineCpu)} of the machine's CPU was used`);
  const others = machineCpu === null || ownCpu === null ? 0 : machineCpu - ownCpu;
  if (others >= OTHERS) words.push(`${percent(others)} of it by others than combot and this test`);
  if ((steal ?? 0) >= 0.05) words.push(`the host took ${percent(steal ?? 0)} away`);
  if ((throttled ?? 0) >= THROTTLED)
    words.push(`a CPU quota stopped the daemon in ${percent(throttled ?? 0)} of its periods`);
  return words;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function ms(value: number): string {
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ms`;
}
