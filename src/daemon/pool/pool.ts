import { CombotError, messageOf } from "../../lib/errors.ts";
import type { RecycleReason } from "../../lib/protocol/process.ts";
import { chooseWorker } from "../policy/dispatch.ts";
import { hangAfterMs } from "../policy/hang.ts";
import { withJitter } from "../policy/recycle.ts";
import { judgeRestart } from "../policy/restart.ts";
import type { BatchFate } from "../policy/poison.ts";
import type { BootFailure } from "../policy/restart.ts";
import { WorkerEndedError } from "../workers/worker-process.ts";
import type { Ending } from "../workers/worker-process.ts";
import type { PoolEvent } from "./events.ts";
import { Slot } from "./slot.ts";
import type { Work, WorkSource } from "./work.ts";
import { Worker } from "./worker.ts";
import type { ModelFiles, ModelSpec, WorkerLimits } from "./worker.ts";

export interface PoolOptions {
  readonly workers: number;
  readonly model: ModelSpec;
  readonly files: ModelFiles;
  readonly loadTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Before jitter; 0 = off. */
  readonly limits: WorkerLimits;
  readonly maxRequestsJitter: number;
  readonly source: WorkSource;
  readonly onEvent: (event: PoolEvent) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

/** Work in flight gets this long when its worker is unloaded or the daemon stops. */
const DRAIN_GRACE_MS = 10_000;

/** Owns the workers: the only one that starts, feeds, drains and ends them. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  #failures: BootFailure[] = [];
  #held: string | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #longestBatchMs = 0;
  #recycling: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #suspended = false;
  #everServed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => new Slot(index));
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Why no worker is started any more, if so. */
  get held(): string | undefined {
    return this.#held;
  }

  /** Workers that serve now. */
  get serving(): number {
    return this.#slots.filter((slot) => slot.current?.view().serving).length;
  }

  /** Distinct users over the workers that run, as keyed hashes; one known to two workers counts once. */
  get users(): number {
    return new Set(this.#slots.flatMap((slot) => [...slot.workers].flatMap((worker) => [...worker.users]))).size;
  }

  /** The model has been loaded once, so that a pool without a worker is one that is being mended. */
  get everServed(): boolean {
    return this.#everServed;
  }

  /** How the last worker ended that did not come to serve, until one does. */
  get lastFailure(): string | undefined {
    return this.#failures.at(-1)?.detail;
  }

  /** Starts every worker, and forgets what kept them from starting. @returns the slots it started. */
  load(): number[] {
    this.#failures = [];
    this.#held = undefined;
    this.#suspended = false;
    for (const slot of this.#slots) slot.wanted = true;
    return this.#fill();
  }

  /** Resolves when every wanted slot serves. @throws {CombotError} `MODEL_UNAVAILABLE` with the first reason why not. */
  async whenReady(): Promise<void> {
    await Promise.all(this.#slots.filter((slot) => slot.wanted).map((slot) => this.#serving(slot)));
  }

  /** Drains and ends every worker; the next text starts one again. Resolves when the last process is gone. */
  async unload(): Promise<number[]> {
    const stopped = this.#slots.filter((slot) => slot.workers.size > 0);
    for (const slot of this.#slots) slot.wanted = false;
    await Promise.all(stopped.flatMap((slot) => [...slot.workers].map((worker) => worker.drain(DRAIN_GRACE_MS))));
    return stopped.map((slot) => slot.index);
  }

  /** Texts may come and start no worker before `load` is called. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Ends every worker for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retryTimer);
    await this.unload();
  }

  /**
   * Replaces the worker of a slot: the new one is ready before the old one drains. One at a time, in the order asked.
   *
   * @returns how long it took from the order to the replacement serving, in ms.
   * @throws {CombotError} `MODEL_UNAVAILABLE` if the new one did not come to serve; the old one then goes on.
   */
  recycle(index: number, reason: RecycleReason): Promise<number> {
    const turn = this.#recycling.then(() => this.#replace(index, reason));
    this.#recycling = turn.catch(() => undefined);
    return turn;
  }

  /** Hands out what waits. To be called whenever a text came in or a worker fell idle. */
  dispatch(): void {
    const { source } = this.#options;
    while (source.waiting > 0) {
      const chosen = chooseWorker(this.#slots.flatMap((slot) => (slot.current ? [slot.current.view()] : [])));
      const worker = chosen === undefined ? undefined : this.#slots[chosen]?.current;
      if (!worker) return this.#wake();
      const batch = source.take();
      if (batch.length === 0) return;
      void this.#run(worker, batch);
    }
  }

  async #run(worker: Worker, batch: readonly Work[]): Promise<void> {
    const { source, onEvent, requestTimeoutMs } = this.#options;
    try {
      const { rows, startedAtMs, computeMs } = await worker.run(
        batch,
        hangAfterMs(this.#longestBatchMs, requestTimeoutMs),
      );
      this.#longestBatchMs = Math.max(this.#longestBatchMs, computeMs);
      for (const [row, work] of batch.entries()) source.answer(work, rows[row]!, { startedAtMs, computeMs });
      onEvent({
        type: "batch",
        texts: batch.length,
        tokens: batch.reduce((sum, { tokens }) => sum + tokens, 0),
        computeMs,
      });
    } catch (error) {
      const refused = source.putBack(batch, fateOf(error, worker), messageOf(error));
      if (refused.length > 0) onEvent({ type: "refused", texts: refused.length, detail: messageOf(error) });
    }
    this.dispatch();
  }

  /** A text waits and nobody is idle: one more of the unloaded workers is started, unless enough are on their way. */
  #wake(): void {
    if (this.#stopping || this.#suspended) return;
    if (this.#held !== undefined && !this.#slots.some((slot) => slot.current)) return this.#refuseWaiting(this.#held);
    const starting = this.#slots.filter((slot) => slot.wanted && slot.current?.state !== "busy").length;
    const resting = this.#slots.find((slot) => !slot.wanted);
    if (!resting || starting >= this.#options.source.waiting) return;
    resting.wanted = true;
    this.#fill();
  }

  #refuseWaiting(reason: string): void {
    this.#options.source.failWaiting(new CombotError("MODEL_UNAVAILABLE", reason, { retryAfterSeconds: 60 }));
  }

  /** Starts a worker in every wanted slot that has none, as far as past failures allow. */
  #fill(): number[] {
    if (this.#stopping || this.#held !== undefined) return [];
    const empty = this.#slots.filter((slot) => slot.wanted && !slot.current);
    if (empty.length === 0) return [];
    const { now, onEvent } = this.#options;
    const verdict = judgeRestart(this.#failures, now());
    if (verdict.act === "wait") {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = setTimeout(() => this.#retry(), Math.max(0, verdict.untilMs - now()));
      onEvent({ type: "delayed", untilMs: verdict.untilMs, detail: this.#failures.at(-1)?.detail ?? "" });
      return [];
    }
    if (verdict.act === "hold") {
      this.#held = verdict.reason;
      onEvent({ type: "held", detail: verdict.reason });
      this.dispatch();
      return [];
    }
    for (const slot of empty) slot.current = this.#spawn(slot);
    return empty.map((slot) => slot.index);
  }

  #retry(): void {
    this.#retryTimer = undefined;
    this.#fill();
  }

  #spawn(slot: Slot): Worker {
    const { model, files, loadTimeoutMs, limits, maxRequestsJitter, now, random, onEvent } = this.#options;
    const worker = new Worker({
      slot: slot.index,
      generation: slot.nextGeneration(),
      model,
      files,
      loadTimeoutMs,
      now,
      limits: {
        maxUsers: limits.maxUsers,
        maxRequests: withJitter(limits.maxRequests, maxRequestsJitter, random()),
        maxUptimeMs: limits.maxUptimeMs * (0.9 + 0.2 * random()),
      },
    });
    const { generation, pid } = worker;
    slot.workers.add(worker);
    onEvent({ type: "started", slot: slot.index, generation, pid });
    const ready = (): void => {
      onEvent({ type: "ready", slot: slot.index, generation, pid, tookMs: now() - worker.bornAtMs });
      this.#failures = [];
      this.#everServed = true;
      this.dispatch();
    };
    worker.ready.then(ready, () => undefined);
    void worker.ended.then((ending) => this.#buried(slot, worker, ending));
    return worker;
  }

  #buried(slot: Slot, worker: Worker, ending: Ending): void {
    const { onEvent } = this.#options;
    slot.workers.delete(worker);
    if (slot.incoming === worker) slot.incoming = undefined;
    if (slot.current === worker) {
      slot.current = slot.incoming;
      slot.incoming = undefined;
    }
    const asked = worker.state === "draining" && !worker.hung;
    if (asked) onEvent({ type: "stopped", slot: slot.index, generation: worker.generation, pid: worker.pid });
    else this.#mourn(worker, ending);
    this.#fill();
    this.dispatch();
  }

  #mourn(worker: Worker, ending: Ending): void {
    const { now, onEvent } = this.#options;
    onEvent({ type: "died", slot: worker.slot, pid: worker.pid, detail: ending.detail, served: worker.served });
    onEvent({ type: "recycled", slot: worker.slot, reason: worker.hung ? "hung" : "crash" });
    if (worker.state === "starting" && ending.kind !== "killed") {
      this.#failures.push({ atMs: now(), detail: ending.detail });
      worker.blameFile(ending.detail);
    }
  }

  async #replace(index: number, reason: RecycleReason): Promise<number> {
    const slot = this.#slots[index];
    const old = slot?.current;
    if (!slot || !old || this.#stopping)
      throw new CombotError("MODEL_UNAVAILABLE", `slot ${index} has no worker to recycle`);
    const from = this.#options.now();
    const next = this.#spawn(slot);
    slot.incoming = next;
    try {
      await next.ready;
    } catch (error) {
      await next.ended;
      throw new CombotError("MODEL_UNAVAILABLE", `the replacement did not come to serve: ${messageOf(error)}`);
    }
    if (!slot.wanted || next.state === "draining") throw new CombotError("MODEL_UNAVAILABLE", "unloaded meanwhile");
    slot.current = next;
    slot.incoming = undefined;
    const tookMs = this.#options.now() - from;
    this.dispatch();
    await old.drain(DRAIN_GRACE_MS);
    this.#options.onEvent({ type: "recycled", slot: index, reason, tookMs });
    return tookMs;
  }

  async #serving(slot: Slot): Promise<void> {
    const worker = slot.current;
    try {
      if (!worker) throw new Error(this.#held ?? this.#failures.at(-1)?.detail ?? "it is waiting for its next try");
      await worker.ready;
    } catch (error) {
      throw new CombotError("MODEL_UNAVAILABLE", `slot ${slot.index}: ${messageOf(error)}`);
    }
  }
}

/** A worker whose weights were changed or taken away under it says nothing about the text it died with. */
function fateOf(error: unknown, worker: Worker): BatchFate {
  if (!worker.intact) return "killed";
  if (!(error instanceof WorkerEndedError)) return "failed";
  return error.ending.kind === "killed" ? "killed" : "died";
}
