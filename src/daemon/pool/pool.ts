import { CombotError, messageOf } from "../../lib/errors.ts";
import type { RecycleReason } from "../../lib/protocol/process.ts";
import { chooseCreditor } from "../policy/credit.ts";
import { chooseWorker, mostBatches } from "../policy/dispatch.ts";
import { hangAfterMs } from "../policy/hang.ts";
import type { BatchFate } from "../policy/poison.ts";
import { WorkerEndedError } from "../workers/worker-process.ts";
import { Nursery, faultOf } from "./nursery.ts";
import type { NurseryOptions, WorkerSettings } from "./nursery.ts";
import { replaceFirst, replaceInTurn } from "./replacement.ts";
import type { Replacement } from "./replacement.ts";
import { Slot } from "./slot.ts";
import type { Work, WorkSource } from "./work.ts";
import type { Worker } from "./worker.ts";
import { SLOWNESS, hangLimitMs } from "../../lib/slowness.ts";

export interface PoolSettings extends WorkerSettings {
  readonly requestTimeoutMs: number;
  /** A worker that has answered and finds nothing waiting is unloaded. */
  readonly unloadAfterBatch: boolean;
}

export interface PoolOptions extends NurseryOptions {
  readonly settings: PoolSettings;
  readonly workers: number;
  readonly source: WorkSource;
}

/** Work in flight gets this long when its worker is unloaded or the daemon stops. */
const DRAIN_GRACE_MS = hangLimitMs(10_000);
/** A load that takes longer is felt by those who are served meanwhile; a shorter one is over before it matters. */
const LONG_BIRTH_MS = 1000;
/** Memory is looked at every second; a text that comes again so soon is refused again. */
const REFUSED_RETRY_MS = 10_000;

/** Owns the workers: the only one that starts, feeds, drains and ends them. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #nursery: Nursery;
  #longestBatchMs = 0;
  #recycling: Promise<unknown> = Promise.resolve();
  #suspended = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => new Slot(index));
    this.#nursery = new Nursery(options, () => this.reconsider());
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Why workers are missing that somebody should look after: many tries came to nothing, or it would not fit. */
  get held(): string | undefined {
    return (this.#isShort ? this.#nursery.held : undefined) ?? this.#nursery.refused;
  }

  /** How long no worker is tried, after failures; undefined where none waits for it. */
  get retryInMs(): number | undefined {
    return this.#isShort ? this.#nursery.retryInMs : undefined;
  }

  /**
   * A worker is missing that is on its way, or the last ones could not boot: no other one is to be replaced meanwhile.
   * One that does not fit is not waited for.
   */
  get unsettled(): boolean {
    const missing = this.#slots.some((slot) => slot.wanted && !slot.current);
    return this.#nursery.blocked !== undefined || (missing && this.#nursery.refused === undefined);
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
    return this.#nursery.everServed;
  }

  /** How the last worker ended that did not come to serve, until one does. */
  get lastFailure(): string | undefined {
    return this.#nursery.lastFailure?.detail;
  }

  get #isShort(): boolean {
    return this.#slots.some(({ wanted, current }) => wanted && !current?.serving);
  }

  /**
   * Starts workers, and forgets what kept them from starting.
   *
   * @param count at most this many slots; every one by default. @returns the slots it started.
   */
  load(count = this.#slots.length): number[] {
    this.#nursery.forgive();
    this.#suspended = false;
    for (const slot of this.#slots.slice(0, count)) slot.wanted = true;
    return this.#nursery.fill(this.#slots);
  }

  /**
   * Resolves when every wanted slot serves.
   *
   * @throws {CombotError} with the first reason why not: `NO_PROCESS` where the model is not at fault, else
   *   `MODEL_UNAVAILABLE`.
   */
  async whenReady(): Promise<void> {
    await Promise.all(this.#slots.filter((slot) => slot.wanted).map((slot) => this.#whenServing(slot)));
  }

  /**
   * Drains and ends workers; the next text that finds nobody idle starts one again. Resolves when the last is gone.
   *
   * @param indexes of the slots; every one by default. @returns the slots that had a process.
   */
  async unload(indexes: readonly number[] = this.#slots.map((slot) => slot.index)): Promise<number[]> {
    const slots = this.#slots.filter((slot) => indexes.includes(slot.index));
    for (const slot of slots) slot.wanted = false;
    const stopped = slots.filter((slot) => slot.workers.size > 0);
    await Promise.all(stopped.flatMap((slot) => [...slot.workers].map((worker) => worker.drain(DRAIN_GRACE_MS))));
    return stopped.map((slot) => slot.index);
  }

  /** Texts may come and start no worker before `load` is called. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Ends every worker for good. */
  async stop(): Promise<void> {
    this.#nursery.close();
    await this.unload();
  }

  /**
   * Replaces the worker of a slot, one at a time, in the order asked: the new one serves before the old one drains, or,
   * in turn, where both would not fit, the old one goes first.
   *
   * @throws {CombotError} `MODEL_UNAVAILABLE` if the new one did not come to serve, or may not be tried yet after
   *   others that did not.
   */
  recycle(index: number, reason: RecycleReason, inTurn = false): Promise<Replacement> {
    const turn = this.#recycling.then(() => this.#replace(index, reason, inTurn));
    this.#recycling = turn.catch(() => undefined);
    return turn;
  }

  /** Counts a user, by keyed hash, who was given an answer that no worker computed for it. */
  creditUser(user: string): void {
    const creditors = this.#slots.flatMap(({ current }) => (current ? [current.creditorFor(user)] : []));
    const slot = chooseCreditor(creditors);
    if (slot !== undefined) this.#slots[slot]?.current?.countUser(user);
  }

  /** Starts what is missing and hands out what waits. To be called whenever one of them may have changed. */
  reconsider(): void {
    this.#nursery.fill(this.#slots);
    this.dispatch();
  }

  /** Hands out what waits. To be called whenever a text came in. */
  dispatch(): void {
    const { source } = this.#options;
    while (source.waiting > 0) {
      // Asked first, and of each text that comes in under load: the choice below is not worth making for it.
      const most = mostBatches(source.waiting, this.#slots.length);
      if (!this.#slots.some(({ current }) => current?.serving && current.batches < most)) return this.#wake();
      const chosen = chooseWorker(
        this.#slots.flatMap((slot) => (slot.current ? [slot.current.view()] : [])),
        most,
      );
      const worker = chosen === undefined ? undefined : this.#slots[chosen]?.current;
      if (!worker) return this.#wake();
      const batch = source.take();
      if (batch.length === 0) return;
      void this.#run(worker, batch);
    }
  }

  async #run(worker: Worker, batch: readonly Work[]): Promise<void> {
    const { source, onEvent, settings } = this.#options;
    try {
      const hangMs = hangAfterMs(this.#longestBatchMs, settings.requestTimeoutMs, SLOWNESS);
      const { rows, startedAtMs, computeMs } = await worker.run(batch, hangMs);
      this.#longestBatchMs = Math.max(this.#longestBatchMs, computeMs);
      for (const [row, work] of batch.entries())
        source.answer(work, rows[row]!, { startedAtMs, computeMs, worker: worker.pid });
      const tokens = batch.reduce((sum, work) => sum + work.tokens, 0);
      onEvent({ type: "batch", texts: batch.length, tokens, computeMs });
    } catch (error) {
      const refused = source.putBack(batch, fateOf(error, worker), messageOf(error));
      if (refused.length > 0) onEvent({ type: "refused", texts: refused.length, detail: messageOf(error) });
    }
    this.dispatch();
    if (settings.unloadAfterBatch && worker.view().idle) void this.unload([worker.slot]);
  }

  /** A text waits and nobody is idle: one more of the unloaded workers is started, unless enough are on their way. */
  #wake(): void {
    if (this.#suspended) return;
    this.#wantOneMore();
    const why = this.#nursery.held ?? this.#nursery.refused;
    if (why !== undefined && !this.#slots.some((slot) => slot.current)) this.#refuseWaiting(why);
  }

  #wantOneMore(): void {
    const starting = this.#slots.filter((slot) => slot.wanted && slot.current?.state !== "busy").length;
    const resting = this.#slots.find((slot) => !slot.wanted);
    if (!resting || starting >= this.#options.source.waiting) return;
    resting.wanted = true;
    this.#nursery.fill(this.#slots);
  }

  #refuseWaiting(reason: string): void {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#nursery.retryInMs ?? REFUSED_RETRY_MS) / 1000));
    this.#options.source.failWaiting(new CombotError("MODEL_UNAVAILABLE", reason, { retryAfterSeconds }));
  }

  async #replace(index: number, reason: RecycleReason, inTurn: boolean): Promise<Replacement> {
    const slot = this.#slots[index];
    if (!slot?.current) throw new CombotError("MODEL_UNAVAILABLE", `slot ${index} has no worker to recycle`);
    const { blocked } = this.#nursery;
    if (blocked !== undefined) throw new CombotError("MODEL_UNAVAILABLE", `no worker is started now: ${blocked}`);
    const { now, onEvent } = this.#options;
    const { pid, birthMs } = slot.current;
    const order = { slot, now, graceMs: DRAIN_GRACE_MS };
    const done = inTurn
      ? await replaceInTurn({ ...order, spawn: () => this.#nursery.spawn(slot) })
      : await replaceFirst({
          ...order,
          spawn: () => this.#nursery.spawn(slot, birthMs > LONG_BIRTH_MS),
          onServing: () => this.dispatch(),
        });
    onEvent({ type: "recycled", slot: index, pid, reason, tookMs: done.tookMs });
    return done;
  }

  async #whenServing(slot: Slot): Promise<void> {
    const worker = slot.current;
    try {
      if (!worker) throw new Error(this.held ?? this.lastFailure ?? "it is waiting for its next try");
      await worker.ready;
    } catch (error) {
      const ending = await worker?.ended;
      // It was the file's fault, and the slot has a worker with another one by now.
      if (worker?.isReplaceable && slot.current && slot.current !== worker) return this.#whenServing(slot);
      const fault = ending ? faultOf(ending) : this.#nursery.lastFailure?.fault;
      const code = fault === "machine" || fault === "others" ? "NO_PROCESS" : "MODEL_UNAVAILABLE";
      throw new CombotError(code, `slot ${slot.index}: ${messageOf(error)}`);
    }
  }
}

/** A worker whose weights were changed or taken away under it says nothing about the text it died with. */
function fateOf(error: unknown, worker: Worker): BatchFate {
  if (error instanceof WorkerEndedError && error.untouched) return "untouched";
  if (!worker.intact) return "killed";
  if (!(error instanceof WorkerEndedError)) return "failed";
  return error.ending.kind === "killed" ? "killed" : "died";
}
