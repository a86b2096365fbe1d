import { chooseCreditor } from "../policy/credit.ts";
import { chooseWorker, mostBatches, wantsOneMore } from "../policy/dispatch.ts";
import { ownLimits } from "../policy/recycle.ts";
import type { ServiceLimits } from "../policy/recycle.ts";
import { Cores } from "../pool/cores.ts";
import type { Member } from "../pool/cores.ts";
import type { Processors } from "./processors.ts";
import type { VirtualTime } from "./virtual-time.ts";
import type { Text, WaitingLine } from "./waiting-line.ts";
import { Slot, Worker } from "./worker.ts";

export interface PoolOptions {
  readonly workers: number;
  readonly limits: ServiceLimits;
  readonly requestTimeoutMs: number;
  readonly unloadAfterBatch: boolean;
  readonly line: WaitingLine;
  readonly time: VirtualTime;
  readonly processors: Processors;
  /** What a worker takes from its start to its first answer, in ms. */
  readonly loadMs: number;
  /** Of each worker. */
  readonly threads: number;
  /** What a batch takes, in ms. */
  readonly serviceMs: (batch: readonly Text[]) => number;
  /** Why so many more workers may not be started now. */
  readonly refusal: (workers: number) => string | undefined;
  readonly onAnswered: (batch: readonly Text[], worker: Worker) => void;
  /** Nobody computes these, nor is going to. */
  readonly onRefused: (texts: readonly Text[]) => void;
  readonly onLoadRefused: () => void;
  readonly onRecycled: (worker: Worker) => void;
  readonly onServing: () => void;
  readonly random: () => number;
}

/** A killed process is gone as soon as the kernel has its memory back: 5 to 7 ms (docs/performance.md). */
const END_MS = 6;
const FIRST_PID = 1000;

/** The daemon's pool without its processes: the same policy chooses, and a task on the processors stands for a batch. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #cores: Cores;
  readonly #member: Member;
  #isRefused = false;
  #pids = FIRST_PID;
  #recycling: Promise<unknown> = Promise.resolve();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => new Slot(index));
    this.#cores = new Cores({ most: options.workers, now: options.time.now });
    this.#member = this.#asMember();
    this.#cores.join(this.#member);
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  get serving(): number {
    return this.#slots.filter(({ current }) => current?.serving).length;
  }

  get unsettled(): boolean {
    return !this.#isRefused && this.#slots.some(({ wanted, current }) => wanted && !current);
  }

  load(count = this.#slots.length): void {
    for (const slot of this.#slots.slice(0, count)) slot.wanted = true;
    this.#fill();
  }

  async unload(indexes: readonly number[] = this.#slots.map(({ index }) => index)): Promise<void> {
    const slots = this.#slots.filter(({ index }) => indexes.includes(index));
    for (const slot of slots) slot.wanted = false;
    await Promise.all(slots.flatMap((slot) => [...slot.workers].map((worker) => this.#drain(slot, worker))));
  }

  /** As the daemon's: one at a time, in the order asked. */
  recycle(index: number, inTurn: boolean): Promise<{ tookMs: number; birthMs: number }> {
    const turn = this.#recycling.then(() => this.#replace(index, inTurn));
    this.#recycling = turn.catch(() => undefined);
    this.#options.time.unsettle();
    return turn;
  }

  creditUser(user: number): void {
    const creditors = this.#slots.flatMap(({ current }) => (current ? [current.creditorFor(user)] : []));
    const slot = chooseCreditor(creditors);
    if (slot !== undefined) this.#slots[slot]?.current?.countUser(user);
  }

  reconsider(): void {
    this.#fill();
    this.dispatch();
  }

  dispatch(): void {
    const areCoresTaken = this.#cores.share() === "cores taken";
    if (this.#options.line.waiting > 0 && !(areCoresTaken && this.#member.canTake(1))) this.#wake();
  }

  #taker(most: number): Worker | undefined {
    if (!this.#slots.some(({ current }) => current?.serving && current.batches < most)) return undefined;
    const workers: Worker[] = [];
    for (const { current } of this.#slots) if (current) workers.push(current);
    const chosen = chooseWorker(workers, most);
    return chosen === undefined ? undefined : this.#slots[chosen]?.current;
  }

  #asMember(): Member {
    const slots = this.#slots;
    const { line, requestTimeoutMs } = this.#options;
    return {
      get busy() {
        return slots.filter(({ current }) => current?.serving && current.batches > 0).length;
      },
      get waitedMs() {
        return line.oldestMs;
      },
      deadlineMs: requestTimeoutMs,
      // All that is simulated is somebody's who waits.
      isPressing: true,
      get mostBatches() {
        return mostBatches(line.waiting, slots.length);
      },
      canTake: (most) => line.waiting > 0 && this.#taker(most) !== undefined,
      handOut: (most) => this.#handOut(most),
    };
  }

  #handOut(most: number): boolean {
    const worker = this.#taker(most);
    if (!worker) return false;
    const batch = this.#options.line.take();
    if (batch.length === 0) return false;
    worker.given.push(batch);
    if (worker.batches === 1) this.#compute(worker);
    return true;
  }

  /** The first of the batches that it has. */
  #compute(worker: Worker): void {
    const { processors, serviceMs, threads } = this.#options;
    const [batch] = worker.given;
    if (batch) processors.start(serviceMs(batch), threads, true, () => this.#computed(worker, batch));
  }

  #computed(worker: Worker, batch: readonly Text[]): void {
    const { time, onAnswered, unloadAfterBatch } = this.#options;
    worker.given.shift();
    worker.quietSinceMs = time.nowMs;
    worker.requests += batch.length;
    for (const { asker } of batch) worker.countUser(asker.user);
    onAnswered(batch, worker);
    if (worker.batches > 0) this.#compute(worker);
    else if (worker.state === "draining") this.#end(worker);
    this.dispatch();
    if (unloadAfterBatch && worker.idle) void this.unload([worker.slot]);
  }

  #wake(): void {
    const free = this.#slots.filter(({ wanted, current }) => wanted && !(current?.serving && !current.idle)).length;
    const resting = this.#slots.find(({ wanted }) => !wanted);
    if (resting && wantsOneMore(free, this.#options.line.waiting)) {
      resting.wanted = true;
      this.#fill();
    }
    if (this.#isRefused && !this.#slots.some(({ current }) => current))
      this.#options.onRefused(this.#options.line.failWaiting());
  }

  #fill(): void {
    const empty = this.#slots.filter(({ wanted, current }) => wanted && !current);
    if (empty.length === 0) this.#isRefused = false;
    const starting = this.#slots.filter(({ current }) => current?.state === "starting").length;
    for (const [started, slot] of empty.entries()) {
      const wasRefused = this.#isRefused;
      this.#isRefused = this.#options.refusal(starting + started + 1) !== undefined;
      if (this.#isRefused && !wasRefused) this.#options.onLoadRefused();
      if (this.#isRefused) return;
      slot.current = this.#spawn(slot);
    }
  }

  #spawn(slot: Slot): Worker {
    const { limits, time, processors, loadMs, random } = this.#options;
    const worker = new Worker(slot.index, ++this.#pids, ownLimits(limits, random(), random()), time.now);
    slot.workers.add(worker);
    processors.start(loadMs, 1, false, () => this.#serves(worker));
    return worker;
  }

  #serves(worker: Worker): void {
    if (worker.state !== "starting") return;
    const { time } = this.#options;
    worker.state = "ready";
    worker.readyAtMs = time.nowMs;
    worker.quietSinceMs = time.nowMs;
    worker.ready.resolve();
    this.#options.onServing();
    time.unsettle();
    this.reconsider();
  }

  #drain(slot: Slot, worker: Worker): Promise<void> {
    if (worker.state === "ready" || worker.state === "starting") {
      const isFree = worker.batches === 0;
      worker.state = "draining";
      worker.ready.reject(new Error("unloaded meanwhile"));
      void worker.ended.promise.then(() => slot.remove(worker)).then(() => this.reconsider());
      if (isFree) this.#end(worker);
    }
    return worker.ended.promise;
  }

  #end(worker: Worker): void {
    const { time } = this.#options;
    time.at(time.nowMs + END_MS, () => {
      worker.state = "gone";
      worker.ended.resolve();
      time.unsettle();
    });
  }

  async #replace(index: number, inTurn: boolean): Promise<{ tookMs: number; birthMs: number }> {
    const { time, onRecycled } = this.#options;
    const slot = this.#slots[index];
    const old = slot?.current;
    if (!slot || !old) throw new Error(`slot ${index} has no worker to recycle`);
    const from = time.nowMs;
    if (inTurn) await this.#drain(slot, old);
    if (inTurn && !slot.wanted) throw new Error("unloaded meanwhile");
    const next = inTurn ? (slot.current ??= this.#spawn(slot)) : (slot.incoming = this.#spawn(slot));
    await next.ready.promise;
    if (!slot.wanted) throw new Error("unloaded meanwhile");
    if (slot.incoming === next) slot.promote();
    const tookMs = time.nowMs - from;
    this.dispatch();
    if (!inTurn) await this.#drain(slot, old);
    onRecycled(old);
    return { tookMs, birthMs: next.birthMs };
  }
}
