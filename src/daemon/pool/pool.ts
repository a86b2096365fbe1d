import { CombotError, messageOf } from "../../lib/errors.ts";
import type { RecycleReason } from "../../lib/protocol/process.ts";
import { chooseWorker, mostBatches, wantsOneMore } from "../policy/dispatch.ts";
import { hangAfterMs } from "../policy/hang.ts";
import { Cores } from "./cores.ts";
import type { Member } from "./cores.ts";
import { fateOf } from "./fate.ts";
import { memberOf } from "./member.ts";
import { Nursery } from "./nursery.ts";
import type { NurseryOptions, Refusal, WorkerSettings } from "./nursery.ts";
import { whenServing } from "./readiness.ts";
import { replace } from "./replacement.ts";
import type { Replacement } from "./replacement.ts";
import { Slot, loadingOf } from "./slot.ts";
import type { UnloadedFor } from "./slot.ts";
import { creditUser, usersOf } from "./users.ts";
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
  /** Shared with the pools of other models; its own where left out. */
  readonly cores?: Cores;
}

/** Work in flight gets this long when its worker is unloaded or the daemon stops. */
const DRAIN_GRACE_MS = hangLimitMs(10_000);
/** Memory is looked at every second; a text that comes again so soon is refused again. */
const REFUSED_RETRY_MS = 10_000;

/** Owns the workers: the only one that starts, feeds, drains and ends them. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #nursery: Nursery;
  readonly #cores: Cores;
  readonly #member: Member;
  #longestBatchMs = 0;
  #recycling: Promise<unknown> = Promise.resolve();
  #suspended = false;
  #inTurn = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => new Slot(index));
    this.#nursery = new Nursery(options, () => this.reconsider());
    this.#cores = options.cores ?? new Cores({ most: options.workers, now: options.now });
    this.#member = this.#asMember();
    this.#cores.join(this.#member);
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  /** Why workers are missing that somebody should look after: many tries came to nothing, or it would not fit. */
  get held(): string | undefined {
    return (this.#isShort ? this.#nursery.held : undefined) ?? this.#nursery.refused?.detail;
  }

  /** Why no worker is started for now: it would not fit. */
  get refusal(): Refusal | undefined {
    return this.#nursery.refused;
  }

  /** What it waits for, where room is being made for a worker of it. */
  get awaitsRoom(): string | undefined {
    return this.#nursery.awaitsRoom;
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
    return usersOf(this.#slots).size;
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
    for (const slot of this.#slots.slice(0, count)) slot.want();
    return this.#nursery.fill(this.#slots);
  }

  /**
   * Resolves when every wanted slot serves.
   *
   * @throws {CombotError} with the first reason why not, as `whenServing`.
   */
  async whenReady(): Promise<void> {
    await Promise.all(
      this.#slots
        .filter((slot) => slot.wanted)
        .map((slot) => whenServing(slot, this.#nursery, () => this.held ?? this.lastFailure)),
    );
  }

  /**
   * Drains and ends workers; the next text that finds nobody idle starts one again. Resolves when the last is gone.
   *
   * @param indexes of the slots; every one by default. @param why as those are told who wait for one of them.
   */
  async unload(indexes?: readonly number[], why: UnloadedFor = "asked"): Promise<number[]> {
    const slots = indexes ? this.#slots.filter((slot) => indexes.includes(slot.index)) : this.#slots;
    for (const slot of slots) slot.unload(why);
    const stopped = slots.filter((slot) => slot.workers.size > 0);
    await Promise.all(stopped.flatMap((slot) => [...slot.workers].map((worker) => worker.drain(DRAIN_GRACE_MS))));
    return stopped.map((slot) => slot.index);
  }

  /** Ends what has not come to serve, for want of memory: its texts wait on, and it is started again when it may be. */
  async postpone(): Promise<void> {
    await Promise.all(loadingOf(this.#slots).map((worker) => worker.postpone()));
  }

  /** A worker has gone, or is about to go, before its replacement is there. */
  get replacesInTurn(): boolean {
    return this.#inTurn;
  }

  /** Texts may come and start no worker before `load` is called. */
  suspend(): void {
    this.#suspended = true;
  }

  /** Ends every worker for good. */
  async stop(why: UnloadedFor = "asked"): Promise<void> {
    this.#nursery.close();
    await this.unload(undefined, why);
    this.#cores.leave(this.#member);
  }

  /**
   * Replaces the worker of a slot, one at a time, in the order asked: the new one serves before the old one drains, or,
   * in turn, where both would not fit, the old one goes first.
   *
   * @throws {CombotError} `MODEL_UNLOADED`; or `MODEL_UNAVAILABLE` if the new one did not come to serve, or may not be
   *   tried yet after others that did not.
   */
  recycle(index: number, reason: RecycleReason, inTurn = false): Promise<Replacement> {
    const turn = this.#recycling.then(() => this.#replace(index, reason, inTurn));
    this.#recycling = turn.catch(() => undefined);
    return turn;
  }

  /** Counts a user, by keyed hash, who was given an answer that no worker computed for it. */
  readonly creditUser = (user: string): void => creditUser(this.#slots, user);

  /** Starts what is missing and hands out what waits. To be called whenever one of them may have changed. */
  reconsider(): void {
    this.#nursery.fill(this.#slots);
    this.dispatch();
  }

  /** Hands out what waits. To be called whenever a text came in. */
  dispatch(): void {
    const areCoresTaken = this.#cores.share() === "cores taken";
    // Another worker is of use only to texts that wait for a worker.
    if (this.#options.source.waiting > 0 && !(areCoresTaken && this.#member.canTake(1))) this.#wake();
  }

  get #mostBatches(): number {
    // What waits in a worker goes before whoever comes: batch texts don't.
    return mostBatches(this.#options.source.interactive, this.#slots.length);
  }

  /** The worker that takes the next batch. */
  #taker(most: number): Worker | undefined {
    // Asked of each text that comes in under load: the choice below is not worth making for it.
    if (!this.#slots.some(({ current }) => current?.serving && current.batches < most)) return undefined;
    const views = this.#slots.flatMap((slot) => (slot.current ? [slot.current.view()] : []));
    const chosen = chooseWorker(views, most);
    return chosen === undefined ? undefined : this.#slots[chosen]?.current;
  }

  #asMember(): Member {
    const { source, settings } = this.#options;
    return memberOf({
      source,
      settings,
      slots: this.#slots,
      mostBatches: () => this.#mostBatches,
      hasTaker: (most) => this.#taker(most) !== undefined,
      handOut: (most) => this.#handOut(most),
    });
  }

  #handOut(most: number): boolean {
    const worker = this.#taker(most);
    if (!worker) return false;
    const batch = this.#options.source.take();
    if (batch.length === 0) return false;
    void this.#run(worker, batch);
    return true;
  }

  async #run(worker: Worker, batch: readonly Work[]): Promise<void> {
    const { source, onEvent, settings } = this.#options;
    try {
      const hangMs = hangAfterMs(this.#longestBatchMs, settings.requestTimeoutMs, SLOWNESS);
      const { rows, startedAtMs, computeMs } = await worker.run(batch, hangMs);
      this.#longestBatchMs = Math.max(this.#longestBatchMs, computeMs);
      for (const [row, work] of batch.entries())
        source.answer(work, rows[row]!, { startedAtMs, computeMs, worker: worker.pid });
      this.#cores.charge(this.#member, computeMs);
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
    const why = this.#nursery.held === undefined ? this.#nursery.refused : { detail: this.#nursery.held };
    if (why && !this.#slots.some((slot) => slot.current)) this.#refuseWaiting(why);
  }

  #wantOneMore(): void {
    const free = this.#slots.filter((slot) => slot.wanted && slot.current?.state !== "busy").length;
    const resting = this.#slots.find((slot) => !slot.wanted);
    if (!resting || this.#nursery.hasJustStarted || !wantsOneMore(free, this.#options.source.waiting)) return;
    resting.want();
    this.#nursery.fill(this.#slots);
  }

  #refuseWaiting({ detail, code = "MODEL_UNAVAILABLE" }: Refusal): void {
    const retryAfterSeconds = Math.max(1, Math.ceil((this.#nursery.retryInMs ?? REFUSED_RETRY_MS) / 1000));
    this.#options.source.failWaiting(new CombotError(code, detail, { retryAfterSeconds }));
    // Others have the room: the next text asks again, and until then nobody wants a worker.
    if (code === "MODEL_DOES_NOT_FIT") this.#nursery.giveUp(this.#slots);
  }

  async #replace(index: number, reason: RecycleReason, inTurn: boolean): Promise<Replacement> {
    const slot = this.#slots[index];
    if (!slot?.current) throw new CombotError("MODEL_UNAVAILABLE", `slot ${index} has no worker to recycle`);
    const { blocked } = this.#nursery;
    if (blocked !== undefined) throw new CombotError("MODEL_UNAVAILABLE", `no worker is started now: ${blocked}`);
    const { now, onEvent } = this.#options;
    const { pid } = slot.current;
    this.#inTurn = inTurn;
    const spawn = (): Worker => this.#nursery.spawn(slot, !inTurn);
    const order = { slot, now, graceMs: DRAIN_GRACE_MS, spawn, onServing: () => this.dispatch() };
    const done = await replace(order, inTurn).finally(() => (this.#inTurn = false));
    onEvent({ type: "recycled", slot: index, pid, reason, tookMs: done.tookMs });
    return done;
  }
}
