import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";
import { messageOf } from "../../lib/errors.ts";
import { chooseIdle } from "../policy/idle.ts";
import { chooseForMemory } from "../policy/ladder.ts";
import type { LadderHistory, LadderVerdict } from "../policy/ladder.ts";
import { CALM, rankOf, stepLevel, thresholdOf } from "../policy/level.ts";
import type { LevelState } from "../policy/level.ts";
import { chooseRecycle } from "../policy/recycle.ts";
import type { RecycleHistory } from "../policy/recycle.ts";
import { Actions } from "./actions.ts";
import type { DueVerdict } from "./actions.ts";
import type { Wanted } from "./footprint.ts";
import type { GovernorOptions } from "./options.ts";
import { anonymousOf } from "./ports.ts";
import { judgeReplacement, refusalOf, withMore } from "./room.ts";
import type { RoomForBoth } from "./room.ts";
import type { Sample } from "./ports.ts";

const TICK_MS = 1000;

/** Owns the level: samples memory, asks policy, performs one verdict at a time and tells what it gave back. */
export class Governor {
  readonly #options: GovernorOptions;
  readonly #actions: Actions;
  #state: LevelState = CALM;
  #sample: Sample | undefined;
  #unmeasured: string | undefined;
  #falling = false;
  #history: LadderHistory = {
    lastHeavyAtMs: null,
    lastUnloadAtMs: null,
    recycledAtMs: [],
    held: false,
    emptied: false,
  };
  #lastRecycle: RecycleHistory["last"] = null;
  /** Slots whose recycling was put off, so that it is told once. */
  readonly #putOff = new Set<number>();
  #busy: Promise<void> | undefined;
  /** Workers there were when recycling in turn began; 0 while none are recycled so. */
  #places = 0;
  #timer: NodeJS.Timeout | undefined;
  #ticking = false;

  constructor(options: GovernorOptions) {
    this.#options = options;
    this.#actions = new Actions(options);
  }

  get level(): MemoryLevel {
    return this.#state.level;
  }

  /** The last reading; undefined before the first. */
  get sample(): Sample | undefined {
    return this.#sample;
  }

  /** Why the last reading failed, if it did: memory is not governed then. */
  get unmeasured(): string | undefined {
    return this.#unmeasured;
  }

  get actions(): Actions {
    return this.#actions;
  }

  /** Nothing more is tried until the level is left. */
  get held(): boolean {
    return this.#history.held;
  }

  /** Every model is unloaded for want of memory. */
  get emptied(): boolean {
    return this.#history.emptied;
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy;
  }

  /**
   * Why so many more workers may not be started now. Memory decides; while another one serves, a high level is reason
   * enough. What takes the place of a worker that was recycled needs no more room than that one had.
   */
  refusal(workers: number, demand?: Wanted): string | undefined {
    const { thresholds } = this.#options;
    const sample = this.#sample;
    if (!sample) return undefined;
    const wanted = demand ?? this.#anyDemand();
    if (wanted.replaces && this.#options.workers().views().length < this.#places) return undefined;
    return refusalOf(workers, wanted, { sample, level: this.level, thresholds });
  }

  /** Of the model that comes back first, beside which there is none. */
  #anyDemand(): Wanted {
    const footprint = this.#options.footprint();
    return { footprint, serving: this.#serves, promisedBytes: 0, alone: true, replaces: true };
  }

  /** Memory as it is after something was given back: nobody need wait for the next step. */
  reread(): Promise<Sample | undefined> {
    return this.#read();
  }

  /** One step: read, judge, act. Steps don't overlap; an action may last over many of them. */
  async tick(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      let sample = await this.#read();
      if (sample && (await this.#options.relieve?.(sample))) sample = await this.#read();
      if (sample) {
        this.#options.onSample?.(sample);
        this.#climb(sample);
      }
      this.#act(sample);
      this.#options.workers().reconsider();
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#ticking = false;
    }
  }

  /** Undefined where memory can't be measured, which is told once for each reason. */
  async #read(): Promise<Sample | undefined> {
    try {
      const sample = await this.#options.meter.sample();
      this.#unmeasured = undefined;
      return (this.#sample = sample);
    } catch (error) {
      const isNews = this.#unmeasured !== messageOf(error);
      this.#unmeasured = messageOf(error);
      if (isNews) this.#options.onFailure(error);
      return undefined;
    }
  }

  #climb(sample: Sample): void {
    const { thresholds, decisions, cache } = this.#options;
    const before = this.#state.level;
    this.#state = stepLevel(this.#state, { ...sample, atMs: this.#options.now() }, thresholds);
    const { level } = this.#state;
    if (level === before) return;
    const up = rankOf(level) > rankOf(before);
    this.#falling = !up;
    const threshold = thresholdOf(up ? level : before, thresholds);
    const sooner =
      up && sample.usage < threshold ? { detail: `rising stalls: some avg10 = ${sample.pressure?.some10}` } : {};
    const entry = { action: "level", reason: level, measured: sample.usage, threshold, ...sooner } as const;
    decisions.record({ ...entry, freedBytes: null, durationMs: 0 });
    if (rankOf(before) < rankOf("high") && rankOf(level) >= rankOf("high")) cache.halve();
    this.#history = { ...this.#history, held: false };
  }

  /** Without a sample: what service demands, which goes by other figures. */
  #act(sample: Sample | undefined): void {
    const verdict = sample && chooseForMemory(this.#ladderView(sample));
    const urgent = verdict?.act === "unload all";
    if (this.#busy && !urgent) return;
    const action = verdict ? this.#forMemory(verdict) : this.#forService();
    if (!action) return;
    const busy: Promise<void> = action()
      .catch((error: unknown) =>
        this.#options.onFailure(new Error(`an action failed: ${messageOf(error)}`, { cause: error })),
      )
      .finally(() => {
        if (this.#busy === busy) this.#busy = undefined;
      });
    this.#busy = busy;
  }

  #ladderView(sample: Sample) {
    const { thresholds, cache, footprint, now } = this.#options;
    const workers = sample.processes.filter(({ role }) => role === "worker");
    const ours =
      sample.source === "setting" ? workers.reduce((sum, { pssBytes }) => sum + pssBytes, 0) : anonymousOf(workers);
    return {
      ...sample,
      atMs: now(),
      level: this.#state.level,
      falling: this.#falling,
      freeableBytes: ours + cache.bytes,
      workerBytes: footprint().bytesFor({ workers: 1, mapped: this.#serves, loading: 1 }, sample.source),
      workers: this.#options.workers().views(),
      spare: this.#options.workers().hasSpare,
      thresholds,
      history: this.#history,
    };
  }

  #forMemory(verdict: LadderVerdict): () => Promise<void> {
    const atMs = this.#options.now();
    const heavy = { ...this.#history, lastHeavyAtMs: atMs };
    switch (verdict.act) {
      case "evict shadow":
        return () => this.#actions.evictShadow(verdict);
      case "unload idle":
        this.#history = { ...this.#history, lastUnloadAtMs: atMs };
        return () => this.#actions.unload(verdict, [verdict.slot]);
      case "force cleanup": {
        const recycledAtMs = [...this.#history.recycledAtMs, ...verdict.slots.map(() => atMs)].slice(-20);
        this.#history = { ...heavy, recycledAtMs };
        return () => this.#inTurn(() => this.#actions.forceCleanup(verdict, verdict.slots));
      }
      case "unload all":
        this.#history = { ...heavy, emptied: true };
        this.#places = 0;
        return () => this.#actions.unloadAll(verdict);
      case "keep one":
        this.#history = { ...heavy, held: true };
        return () => this.#actions.unload(verdict, verdict.slots);
      case "hold":
        this.#history = { ...this.#history, held: true };
        return () => this.#actions.tell(verdict);
      case "restore":
        this.#history = { ...this.#history, emptied: false };
        return () => this.#actions.restore(verdict);
      default:
        return verdict satisfies never;
    }
  }

  /** What service demands: idle workers unloaded, one that has served enough replaced. */
  #forService(): (() => Promise<void>) | undefined {
    const { idleUnloadMs, now } = this.#options;
    const workers = this.#options.workers();
    const views = workers.views();
    const idle = chooseIdle(views, idleUnloadMs > 0 ? idleUnloadMs : -1);
    if (idle.length > 0) return () => this.#actions.unloadQuiet(idle, idleUnloadMs);
    if (rankOf(this.level) >= rankOf("critical")) return undefined;
    const verdict = chooseRecycle(views, { last: this.#lastRecycle, unsettled: workers.unsettled }, now());
    if (verdict.act === "keep") return undefined;
    const room = this.roomForBoth(verdict.slot);
    const isTight = verdict.act === "recycle" && !room.fits && !room.fitsInTurn;
    if (verdict.act === "put off" || isTight) {
      if (this.#putOff.has(verdict.slot)) return undefined;
      this.#putOff.add(verdict.slot);
      return () => this.#actions.putOff(verdict, now(), isTight ? `a worker needs ${room.detail}` : undefined);
    }
    this.#putOff.delete(verdict.slot);
    return () => this.#recycle(verdict, room);
  }

  /** A try that failed is paid for like one that worked: by what it took. */
  async #recycle(verdict: DueVerdict, room: RoomForBoth): Promise<void> {
    const { now } = this.#options;
    const from = now();
    let birthMs: number | undefined;
    try {
      const run = (): Promise<number> => this.#actions.recycle(verdict, room);
      birthMs = room.fits ? await run() : await this.#inTurn(run);
    } finally {
      this.#lastRecycle = { endedAtMs: now(), birthMs: birthMs ?? now() - from };
    }
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    this.#places = this.#options.workers().views().length;
    try {
      return await run();
    } finally {
      this.#places = 0;
    }
  }

  /** Whether a replacement can load beside the worker it replaces, and whether it can when that one has gone. */
  roomForBoth(slot?: number): RoomForBoth {
    const { footprint, thresholds, promisedBytes, workers } = this.#options;
    const sample = this.#sample;
    if (!sample) return { fits: true, fitsInTurn: true, detail: "" };
    const found = workers()
      .views()
      .find((worker) => worker.slot === slot);
    const ownBytes = anonymousOf(sample.processes.filter(({ pid }) => pid === found?.pid));
    return judgeReplacement(footprint(slot), withMore(sample, promisedBytes?.() ?? 0), thresholds, ownBytes);
  }

  /** Some worker does. */
  get #serves(): boolean {
    const views = this.#options.workers().views();
    return views.some(({ serving }) => serving);
  }
}
