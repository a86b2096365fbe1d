import type { VirtualTime } from "./virtual-time.ts";

export interface ProcessorOptions {
  readonly cores: number;
  /** Against those that the work was measured on. */
  readonly speed: number;
  /**
   * How much longer work takes by itself where so many batches run beside each other: caches and memory are shared. 1
   * for one.
   */
  readonly crowding: (running: number) => number;
  readonly credits: CreditRules | null;
}

/** Of a machine that may use a share of its cores, and more of them for as long as it has saved some up. */
export interface CreditRules {
  /** Share of a core. */
  readonly baseline: number;
  /** Where none are left it goes on, for money. */
  readonly unlimited: boolean;
}

/** Work that one process does, on so many threads. */
interface Task {
  remainingMs: number;
  readonly threads: number;
  readonly isBatch: boolean;
  readonly done: () => void;
}

const MINUTE_MS = 60_000;
/** Credits of so many hours are kept. */
const KEPT_HOURS = 24;
/** Whatever else the machine does, as much is left for workers: they are slowed and not stopped. */
const LEAST_CORES = 0.05;

/** The cores, shared evenly between all that compute; what it comes to is worked out when somebody comes or goes. */
export class Processors {
  readonly #options: ProcessorOptions;
  readonly #time: VirtualTime;
  readonly #tasks = new Set<Task>();
  /** Cores that the daemon and whatever is beside it take. */
  #besideCores = 0;
  #settledAtMs = 0;
  #turn = 0;
  #usedMs = 0;
  #credits = 0;
  #surplus = 0;

  constructor(time: VirtualTime, options: ProcessorOptions) {
    this.#time = time;
    this.#options = options;
  }

  /** Of all cores together, since the start. */
  get usedMs(): number {
    return this.#usedMs;
  }

  /** Saved, in minutes of a core; less than none is what was not earned. */
  get credits(): number {
    return this.#credits;
  }

  /** Minutes of a core that are paid for beside the machine. */
  get surplus(): number {
    return this.#surplus;
  }

  /** @param ms what it takes with nobody beside it, where it was measured. */
  start(ms: number, threads: number, isBatch: boolean, done: () => void): void {
    this.#settle();
    this.#tasks.add({ remainingMs: ms, threads, isBatch, done });
    this.#plan();
  }

  /** Looked at once a second. @param cores that others took in it. */
  tick(cores: number): void {
    this.#settle();
    this.#besideCores = cores;
    this.#plan();
  }

  /** What one task gets done in a millisecond. */
  #rate(): number {
    const { cores, speed, crowding } = this.#options;
    let wanted = 0;
    let batches = 0;
    for (const { threads, isBatch } of this.#tasks) {
      wanted += threads;
      if (isBatch) batches += 1;
    }
    const left = Math.max(LEAST_CORES, this.#allowed(cores) - this.#besideCores);
    return (Math.min(1, left / Math.max(1e-9, wanted)) * speed) / (batches > 1 ? crowding(batches) : 1);
  }

  /** Cores that it may use now. */
  #allowed(cores: number): number {
    const { credits } = this.#options;
    const isShort = credits !== null && !credits.unlimited && this.#credits <= 0;
    return isShort ? cores * credits.baseline : cores;
  }

  /** What was done and used since the last time. */
  #settle(): void {
    const elapsedMs = this.#time.nowMs - this.#settledAtMs;
    this.#settledAtMs = this.#time.nowMs;
    if (elapsedMs <= 0) return;
    const rate = this.#rate();
    let wanted = 0;
    for (const task of this.#tasks) {
      task.remainingMs -= rate * elapsedMs;
      wanted += task.threads;
    }
    const { cores } = this.#options;
    const busy = Math.min(this.#allowed(cores), wanted + this.#besideCores);
    this.#usedMs += busy * elapsedMs;
    this.#account(busy, elapsedMs);
  }

  #account(busy: number, elapsedMs: number): void {
    const { credits, cores } = this.#options;
    if (!credits) return;
    const earned = (cores * credits.baseline * elapsedMs) / MINUTE_MS;
    const most = cores * credits.baseline * 60 * KEPT_HOURS;
    const balance = this.#credits + earned - (busy * elapsedMs) / MINUTE_MS;
    // What a day earns is lent; what goes beyond is paid for.
    const least = credits.unlimited ? -most : 0;
    this.#surplus += Math.max(0, least - balance) * (credits.unlimited ? 1 : 0);
    this.#credits = Math.min(most, Math.max(least, balance));
  }

  /** When the first of the tasks is done, if nobody comes or goes before. */
  #plan(): void {
    const turn = ++this.#turn;
    let least = Infinity;
    for (const { remainingMs } of this.#tasks) least = Math.min(least, remainingMs);
    if (least === Infinity) return;
    this.#time.at(this.#time.nowMs + Math.max(0, least) / this.#rate(), () => {
      if (turn === this.#turn) this.#finish();
    });
  }

  #finish(): void {
    this.#settle();
    const finished = [...this.#tasks].filter(({ remainingMs }) => remainingMs <= 1e-6);
    for (const task of finished) this.#tasks.delete(task);
    for (const { done } of finished) done();
    this.#plan();
  }
}
