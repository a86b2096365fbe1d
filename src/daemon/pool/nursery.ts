import type { BootFault } from "../../lib/protocol/process.ts";
import { ownLimits } from "../policy/recycle.ts";
import type { ServiceLimits } from "../policy/recycle.ts";
import { judgeRestart, lastFailureOf, reasonToHold, withFailure } from "../policy/restart.ts";
import type { BootFailures } from "../policy/restart.ts";
import type { Ending } from "../workers/worker-process.ts";
import type { PoolEvent } from "./events.ts";
import type { Slot } from "./slot.ts";
import { Worker } from "./worker.ts";
import type { ModelFiles, ModelSpec } from "./worker.ts";

/** Read when they are needed: a reload changes them under the workers that run. */
export interface WorkerSettings extends ServiceLimits {
  readonly loadTimeoutMs: number;
}

/** Why workers may not be started now, with the arithmetic. */
export interface Refusal {
  readonly detail: string;
  /**
   * `in time`: room is being made, and the pool is asked to reconsider when it is there; `not needed`: others serve the
   * same texts. Neither is anything that somebody should look at. Left out: there is no room.
   */
  readonly passing?: "in time" | "not needed";
  /** What texts that wait are told. */
  readonly code?: "MODEL_UNAVAILABLE" | "MODEL_DOES_NOT_FIT";
}

export interface NurseryOptions {
  readonly model: ModelSpec;
  readonly files: ModelFiles;
  readonly settings: WorkerSettings;
  /** Nobody waits for its workers: they take what the processors have left. */
  readonly isSpare?: boolean;
  /** Of this many more workers; undefined where they may be started. */
  readonly refusal: (workers: number) => Refusal | undefined;
  readonly onEvent: (event: PoolEvent) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** A load that takes longer is felt by those who are served meanwhile; a shorter one is over before it matters. */
const LONG_BIRTH_MS = 1000;

/** Where workers are born: as many as the slots want, as far as past failures and memory allow. */
export class Nursery {
  readonly #options: NurseryOptions;
  /** Told when a worker serves, has ended, or none will be started: there may be something to do. */
  readonly #onChange: () => void;
  #failures: BootFailures = {};
  #refused: Refusal | undefined;
  #awaitsRoom: string | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** What the timer waits for. */
  #retryAtMs: number | undefined;
  #everServed = false;
  /** What a birth takes that nobody holds up. */
  #leastBirthMs = 0;
  #hasJustStarted = false;
  #closed = false;

  constructor(options: NurseryOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Why somebody should look: many tries in a row came to nothing. They go on, once a minute. */
  get held(): string | undefined {
    return reasonToHold(this.#failures);
  }

  /** Why no worker is started for now: it would not fit. */
  get refused(): Refusal | undefined {
    return this.#refused;
  }

  /** What it waits for, where room is being made for a worker. */
  get awaitsRoom(): string | undefined {
    return this.#awaitsRoom;
  }

  /** How long none is tried, after failures; undefined where one may be tried now. */
  get retryInMs(): number | undefined {
    const nowMs = this.#options.now();
    const verdict = judgeRestart(this.#failures, nowMs);
    return verdict.act === "wait" ? verdict.untilMs - nowMs : undefined;
  }

  /** Why no worker is to be started just now: the last one did not come to serve a moment ago. */
  get blocked(): string | undefined {
    if (this.retryInMs === undefined) return undefined;
    return this.held ?? `the last one did not come to serve: ${this.lastFailure?.detail}`;
  }

  /** A worker was started in this turn of the event loop, which a fork holds while it copies this process's page tables. */
  get hasJustStarted(): boolean {
    return this.#hasJustStarted;
  }

  get lastFailure(): { readonly fault: BootFault; readonly detail: string } | undefined {
    return lastFailureOf(this.#failures);
  }

  get everServed(): boolean {
    return this.#everServed;
  }

  /** Tries again as if nothing had failed. */
  forgive(): void {
    this.#failures = {};
    this.#cancelRetry();
  }

  /** Nobody wants what was refused any more. */
  giveUp(slots: readonly Slot[]): void {
    for (const slot of slots) if (!slot.current) slot.release();
    this.#refused = undefined;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  /** Starts a worker in every wanted slot that has none. @returns the slots it started. */
  fill(slots: readonly Slot[]): number[] {
    if (this.#closed) return [];
    const empty = slots.filter((slot) => slot.wanted && !slot.current);
    this.#awaitsRoom = undefined;
    if (empty.length === 0) this.#refused = undefined;
    if (empty.length === 0 || !this.#mayTry(slots)) return [];
    const starting = slots.filter((slot) => slot.current?.state === "starting").length;
    const started: number[] = [];
    for (const slot of empty) {
      const refusal = this.#options.refusal(starting + started.length + 1);
      if (this.#isRefused(refusal)) {
        if (refusal?.passing === "not needed") for (const one of empty.slice(started.length)) one.release();
        break;
      }
      slot.current = this.spawn(slot);
      started.push(slot.index);
    }
    if (started.length > 0) this.#rest();
    return started;
  }

  /** Until the next turn, when somebody may want one more. */
  #rest(): void {
    if (this.#hasJustStarted) return;
    this.#hasJustStarted = true;
    setImmediate(() => {
      this.#hasJustStarted = false;
      if (!this.#closed) this.#onChange();
    });
  }

  get #isLong(): boolean {
    return this.#leastBirthMs > LONG_BIRTH_MS;
  }

  /**
   * Starts one more process for a slot; the caller says what it is there for.
   *
   * @param isReplacement another one serves in its place while it loads.
   */
  spawn(slot: Slot, isReplacement = false): Worker {
    const { model, files, settings, now, random, onEvent, isSpare = false } = this.#options;
    const worker = new Worker({
      slot: slot.index,
      generation: slot.nextGeneration(),
      model,
      files,
      loadTimeoutMs: settings.loadTimeoutMs,
      inBackground: isReplacement && this.#isLong,
      isSpare,
      now,
      limits: ownLimits(settings, random(), random()),
    });
    slot.workers.add(worker);
    const { generation, pid } = worker;
    if (pid !== 0) onEvent({ type: "started", slot: slot.index, generation, pid });
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
    this.#failures = {};
    this.#leastBirthMs = this.#everServed ? Math.min(this.#leastBirthMs, birthMs) : birthMs;
    this.#everServed = true;
    this.#onChange();
  }

  #mayTry(slots: readonly Slot[]): boolean {
    const { now, onEvent } = this.#options;
    const verdict = judgeRestart(this.#failures, now());
    if (verdict.act === "start") return true;
    if (verdict.untilMs === this.#retryAtMs) return false;
    this.#cancelRetry();
    this.#retryAtMs = verdict.untilMs;
    this.#retryTimer = setTimeout(() => this.#retry(slots), Math.max(0, verdict.untilMs - now()));
    onEvent({ type: "delayed", untilMs: verdict.untilMs, detail: this.lastFailure?.detail ?? "" });
    return false;
  }

  #retry(slots: readonly Slot[]): void {
    this.#cancelRetry();
    this.fill(slots);
  }

  #cancelRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryAtMs = undefined;
  }

  #isRefused(refusal: Refusal | undefined): boolean {
    if (refusal?.passing !== undefined) {
      this.#refused = undefined;
      if (refusal.passing === "in time") this.#awaitsRoom = refusal.detail;
      return true;
    }
    const isNews = refusal !== undefined && this.#refused === undefined;
    this.#refused = refusal;
    if (!isNews) return refusal !== undefined;
    this.#options.onEvent({ type: "refused load", detail: refusal.detail });
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

  #mourn(worker: Worker, ending: Ending): void {
    const { onEvent } = this.#options;
    const { slot, pid, served } = worker;
    const reason = worker.hung ? "hung" : "crash";
    const fault = worker.state === "starting" ? faultOf(ending) : undefined;
    if (pid !== 0) {
      const how = ending.kind === "oom" ? "oom" : reason;
      onEvent({ type: "died", slot, pid, reason: how, detail: ending.detail, served });
    }
    // What never served has taken nothing away: neither a candidate that is refused, nor one the machine had no room for.
    if (fault === undefined || (fault === "model" && this.#everServed))
      onEvent({ type: "recycled", slot, pid, reason });
    if (fault !== undefined) this.#count(worker, fault, ending);
  }

  /** No failure to start, if it was the file's fault and there is another one: that is for the model's own faults alone. */
  #count(worker: Worker, fault: BootFault, { kind, detail }: Ending): void {
    const { now, onEvent } = this.#options;
    onEvent({ type: "not started", slot: worker.slot, fault, detail });
    // It was tried, and loads in time: a machine that is too busy, or a thread that it could not have, is no fault of it.
    if (fault === "model" && kind !== "late" && worker.blameFile(detail)) return;
    const wasHeld = this.held !== undefined;
    this.#failures = withFailure(this.#failures, { fault, bornAtMs: worker.bornAtMs, atMs: now(), detail });
    const { held } = this;
    if (held !== undefined && !wasHeld) onEvent({ type: "held", detail: held });
  }
}

/** Whom the end of a worker that had not yet served says something about. */
export function faultOf({ kind }: Ending): BootFault {
  if (kind === "killed") return "others";
  return kind === "refused" || kind === "oom" ? "machine" : "model";
}
