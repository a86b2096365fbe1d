import { withJitter } from "../policy/recycle.ts";
import { judgeRestart } from "../policy/restart.ts";
import type { BootFailure } from "../policy/restart.ts";
import type { Ending } from "../workers/worker-process.ts";
import type { PoolEvent } from "./events.ts";
import type { Slot } from "./slot.ts";
import { Worker } from "./worker.ts";
import type { ModelFiles, ModelSpec, WorkerLimits } from "./worker.ts";

/** Read when they are needed: a reload changes them under the workers that run. */
export interface WorkerSettings {
  readonly loadTimeoutMs: number;
  /** The limits are before jitter; 0 = off. */
  readonly maxUsers: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly maxUptimeMs: number;
}

export interface NurseryOptions {
  readonly model: ModelSpec;
  readonly files: ModelFiles;
  readonly settings: WorkerSettings;
  /** Why this many more workers may not be started now, with the arithmetic; undefined where they may. */
  readonly refusal: (workers: number) => string | undefined;
  readonly onEvent: (event: PoolEvent) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Where workers are born: as many as the slots want, as far as past failures and memory allow. */
export class Nursery {
  readonly #options: NurseryOptions;
  /** Told when a worker serves, has ended, or none will be started: there may be something to do. */
  readonly #onChange: () => void;
  #failures: BootFailure[] = [];
  #held: string | undefined;
  #refused: string | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #everServed = false;
  #closed = false;

  constructor(options: NurseryOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Why no worker is started any more: too many could not boot. Only `forgive` ends it. */
  get held(): string | undefined {
    return this.#held;
  }

  /** Why no worker is started for now: it would not fit. */
  get refused(): string | undefined {
    return this.#refused;
  }

  /** Why no worker is to be started just now: too many could not boot, or the last one a moment ago. */
  get blocked(): string | undefined {
    const verdict = judgeRestart(this.#failures, this.#options.now());
    if (this.#held !== undefined || verdict.act === "start") return this.#held;
    return verdict.act === "hold" ? verdict.reason : `the last one did not come to serve: ${this.lastFailure}`;
  }

  get lastFailure(): string | undefined {
    return this.#failures.at(-1)?.detail;
  }

  get everServed(): boolean {
    return this.#everServed;
  }

  /** Tries again as if nothing had failed. */
  forgive(): void {
    this.#failures = [];
    this.#held = undefined;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
  }

  /** Starts a worker in every wanted slot that has none. @returns the slots it started. */
  fill(slots: readonly Slot[]): number[] {
    if (this.#closed || this.#held !== undefined) return [];
    const empty = slots.filter((slot) => slot.wanted && !slot.current);
    if (empty.length === 0) this.#refused = undefined;
    if (empty.length === 0 || !this.#mayTry(slots)) return [];
    const starting = slots.filter((slot) => slot.current?.state === "starting").length;
    const started: number[] = [];
    for (const slot of empty) {
      if (this.#isRefused(starting + started.length + 1)) break;
      slot.current = this.spawn(slot);
      started.push(slot.index);
    }
    return started;
  }

  /**
   * Starts one more process for a slot; the caller says what it is there for.
   *
   * @param inBackground another one serves in its place while it loads.
   */
  spawn(slot: Slot, inBackground = false): Worker {
    const { model, files, settings, now, random, onEvent } = this.#options;
    const worker = new Worker({
      slot: slot.index,
      generation: slot.nextGeneration(),
      model,
      files,
      loadTimeoutMs: settings.loadTimeoutMs,
      inBackground,
      now,
      limits: ownLimits(settings, random(), random()),
    });
    slot.workers.add(worker);
    onEvent({ type: "started", slot: slot.index, generation: worker.generation, pid: worker.pid });
    worker.ready.then(
      () => this.#serves(worker),
      () => undefined,
    );
    void worker.ended.then((ending) => this.#bury(slot, worker, ending));
    return worker;
  }

  #serves(worker: Worker): void {
    const { slot, generation, pid, birthMs } = worker;
    this.#options.onEvent({ type: "ready", slot, generation, pid, tookMs: birthMs });
    this.#failures = [];
    this.#everServed = true;
    this.#onChange();
  }

  #mayTry(slots: readonly Slot[]): boolean {
    const { now, onEvent } = this.#options;
    const verdict = judgeRestart(this.#failures, now());
    if (verdict.act === "start") return true;
    if (verdict.act === "wait") {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.fill(slots), Math.max(0, verdict.untilMs - now()));
      onEvent({ type: "delayed", untilMs: verdict.untilMs, detail: this.lastFailure ?? "" });
      return false;
    }
    this.#held = verdict.reason;
    onEvent({ type: "held", detail: verdict.reason });
    this.#onChange();
    return false;
  }

  #isRefused(workers: number): boolean {
    const refusal = this.#options.refusal(workers);
    const isNews = refusal !== undefined && this.#refused === undefined;
    this.#refused = refusal;
    if (!isNews) return refusal !== undefined;
    this.#options.onEvent({ type: "refused load", detail: refusal });
    this.#onChange();
    return true;
  }

  #bury(slot: Slot, worker: Worker, ending: Ending): void {
    slot.remove(worker);
    const { onEvent } = this.#options;
    const { slot: index, generation, pid } = worker;
    if (worker.state === "draining" && !worker.hung) onEvent({ type: "stopped", slot: index, generation, pid });
    else this.#mourn(worker, ending);
    this.#onChange();
  }

  /**
   * A death before the model was loaded counts, unless something outside combot caused it, or it was the file's fault
   * and there is another one. Short of memory, no file is to blame.
   */
  #mourn(worker: Worker, ending: Ending): void {
    const { now, onEvent } = this.#options;
    const { slot, pid, served } = worker;
    const reason = worker.hung ? "hung" : "crash";
    onEvent({ type: "died", slot, pid, reason: ending.kind === "oom" ? "oom" : reason, detail: ending.detail, served });
    onEvent({ type: "recycled", slot, pid, reason });
    if (worker.state !== "starting" || ending.kind === "killed") return;
    if (ending.kind !== "oom" && worker.blameFile(ending.detail)) return;
    this.#failures.push({ atMs: now(), detail: ending.detail });
  }
}

/** Of one process: its jitter is drawn once, 0 to 1, and holds for whatever limit there is. */
function ownLimits(settings: WorkerSettings, requestDraw: number, uptimeDraw: number): WorkerLimits {
  return {
    get maxUsers() {
      return settings.maxUsers;
    },
    get maxRequests() {
      return withJitter(settings.maxRequests, settings.maxRequestsJitter, requestDraw);
    },
    get maxUptimeMs() {
      return settings.maxUptimeMs * (0.9 + 0.2 * uptimeDraw);
    },
  };
}
