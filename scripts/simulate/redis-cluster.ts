import type { SimulatedRedis } from "../../src/daemon/simulation/simulated-redis.ts";

export interface RedisClusterOptions {
  readonly masters: number;
  /** What one core of a master does. */
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  readonly now: () => number;
}

/** As long as a daemon waits for Redis; after that it goes on without, and its breaker keeps others from asking. */
const PATIENCE_MS = 40;

/** What was asked of a cluster since the counts were cleared. */
export interface RedisCounts {
  readonly reads: number;
  readonly writes: number;
  /** Not asked, as a master was too far behind. */
  readonly skipped: number;
  /** What the busiest master had to do, in ms of its core. */
  readonly busiestMs: number;
}

/**
 * Masters that each do one command after another. A key lies on one of them, by its hash; one like no other on any. Without
 * replicas, and with room for all that is kept.
 */
export class RedisCluster implements SimulatedRedis {
  readonly #options: RedisClusterOptions;
  readonly #until = new Map<number, number>();
  /** Of each master. */
  readonly #freeAtMs: number[];
  readonly #busyMs: number[];
  #reads = 0;
  #writes = 0;
  #skipped = 0;
  #turn = 0;
  waitMs = 0;

  constructor(options: RedisClusterOptions) {
    this.#options = options;
    this.#freeAtMs = Array.from({ length: options.masters }, () => 0);
    this.#busyMs = Array.from({ length: options.masters }, () => 0);
  }

  get counts(): RedisCounts {
    const busiestMs = Math.max(...this.#busyMs);
    return { reads: this.#reads, writes: this.#writes, skipped: this.#skipped, busiestMs };
  }

  /** Answers that are kept; some may be too old. */
  get keys(): number {
    return this.#until.size;
  }

  /** As after a long day: each of so many texts was asked before. */
  fill(texts: number, untilMs: number): void {
    for (let rank = 0; rank < texts; rank++) this.#until.set(rank, untilMs);
  }

  clearCounts(): void {
    this.#busyMs.fill(0);
    this.#reads = this.#writes = this.#skipped = 0;
  }

  read(rank: number): number {
    if (!this.#serve(rank, 1000 / this.#options.readsPerSecond)) return 0;
    this.#reads += 1;
    return this.#until.get(rank) ?? 0;
  }

  write(rank: number, untilMs: number): void {
    if (!this.#serve(rank, 1000 / this.#options.writesPerSecond)) return;
    this.#writes += 1;
    if (rank >= 0) this.#until.set(rank, untilMs);
  }

  #serve(rank: number, ms: number): boolean {
    const master = this.#masterOf(rank);
    const nowMs = this.#options.now();
    const freeAtMs = Math.max(nowMs, this.#freeAtMs[master] ?? 0);
    this.waitMs = Math.min(PATIENCE_MS, freeAtMs - nowMs);
    if (freeAtMs - nowMs >= PATIENCE_MS) {
      this.#skipped += 1;
      return false;
    }
    this.#freeAtMs[master] = freeAtMs + ms;
    this.#busyMs[master] = (this.#busyMs[master] ?? 0) + ms;
    return true;
  }

  /** Texts that are asked often do not lie side by side: Knuth's multiplicative hash spreads their ranks. */
  #masterOf(rank: number): number {
    const number = rank < 0 ? this.#turn++ : rank;
    return Math.floor((Math.imul(number + 1, 0x9e3779b1) >>> 0) / (2 ** 32 / this.#options.masters));
  }
}
