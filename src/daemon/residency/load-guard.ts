import type { Decisions } from "../governor/decisions.ts";
import type { Footprint } from "../governor/footprint.ts";
import type { Sample } from "../governor/ports.ts";
import type { Worker } from "../pool/worker.ts";
import { loadingOf } from "../pool/slot.ts";
import { formatBytes } from "../../lib/units.ts";
import type { Engine } from "./engine.ts";
import { sum } from "./occupancy.ts";
import type { Tenant } from "./occupancy.ts";

/** Memory as it is now, without what takes long to read. */
export interface Glance {
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** Pages that no file backs, of those processes that live, by their ids. */
  readonly anonymousBytes: ReadonlyMap<number, number>;
}

export interface LoadGuardOptions {
  readonly tenants: () => readonly Tenant[];
  readonly footprint: (engine: Engine) => Footprint;
  /** @throws where memory can't be read. */
  readonly glance: (pids: readonly number[]) => Glance;
  readonly source: () => Sample["source"];
  readonly thresholds: () => { readonly critical: number; readonly emergency: number };
  readonly decisions: Pick<Decisions, "record">;
  readonly onFailure: (error: unknown) => void;
}

/** A load takes hundreds of megabytes in a second. */
const LOOK_EVERY_MS = 50;
/** What a load that was given up would have taken, over what it had. */
const MORE = 1.25;
/** Of a trial it is not known what it had. */
const TRIAL_MORE = 1.5;

/** A model that loads. */
interface Load {
  readonly tenant: Tenant;
  readonly workers: readonly Worker[];
  readonly footprint: Footprint;
  /** What it was given room for. */
  readonly askedBytes: number;
}

/**
 * Watches loads while they run: before its first one, what a model takes is an estimate. One that takes more than it was
 * given room for, and fills memory with it, is given up, and loads again when there is room for more: ending it costs
 * nobody an answer, which an emergency would.
 */
export class LoadGuard {
  readonly #options: LoadGuardOptions;
  readonly #leaving = new WeakSet<Engine>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadGuardOptions) {
    this.#options = options;
  }

  /** A worker is about to be started. */
  watch(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What it loaded is being ended: it begins again when that is gone. */
  isGivingUp(engine: Engine): boolean {
    return this.#leaving.has(engine);
  }

  /**
   * Where memory is at emergency and some worker serves, what loads goes before anything that serves does.
   *
   * @returns whether something went; resolves when it is gone.
   */
  async relieve(sample: Sample): Promise<boolean> {
    if (sample.usage < this.#options.thresholds().emergency || !this.#someServes()) return false;
    const loads = this.#loads();
    await Promise.all(loads.map((load) => this.#giveUp(load, sample.usage)));
    return loads.length > 0;
  }

  #look(): void {
    const loads = this.#loads();
    if (loads.length === 0) return this.stop();
    try {
      this.#judge(loads);
    } catch (error) {
      this.stop();
      this.#options.onFailure(error);
    }
  }

  #judge(loads: readonly Load[]): void {
    const { glance, thresholds } = this.#options;
    const seen = glance(loads.flatMap(({ workers }) => workers.map(({ pid }) => pid)));
    const usage = seen.usedBytes / seen.limitBytes;
    if (usage < thresholds().critical) return;
    const excesses = loads.map((load) => ({ load, bytes: hadBy(load, seen), excess: excessOf(load, seen) }));
    const [worst] = excesses.filter(({ excess }) => excess > 0).toSorted((a, b) => b.excess - a.excess);
    if (!worst || !this.#othersCanGo(worst.load)) return;
    this.#giveUp(worst.load, usage, worst.bytes).catch(this.#options.onFailure);
  }

  /** @param bytes that its workers had; undefined where it goes for others' sake. */
  async #giveUp({ tenant, workers, footprint, askedBytes }: Load, usage: number, bytes?: number): Promise<void> {
    const { engine, name } = tenant;
    const isTrial = engine.trying();
    const isAtFault = bytes !== undefined;
    if (isAtFault)
      footprint.expectLoad((isTrial ? TRIAL_MORE * askedBytes : MORE * bytes) / Math.max(1, workers.length));
    const room = `room was made for ${formatBytes(askedBytes)}`;
    const detail = isTrial ? `it is tried for the first time; ${room}` : `it had ${formatBytes(bytes ?? 0)}; ${room}`;
    this.#options.decisions.record({
      action: "postpone load",
      reason: isAtFault ? "more than expected" : "emergency",
      model: name,
      measured: usage,
      threshold: this.#options.thresholds()[isAtFault ? "critical" : "emergency"],
      freedBytes: null,
      durationMs: 0,
      ...(isAtFault && { detail }),
    });
    this.#leaving.add(engine);
    try {
      await Promise.all([engine.pool.postpone(), engine.giveUpTrial("memory is needed by others")]);
    } finally {
      this.#leaving.delete(engine);
      engine.pool.reconsider();
    }
  }

  #loads(): Load[] {
    return this.#options.tenants().flatMap((tenant) => {
      const workers = loadingOf(tenant.engine.pool.slots);
      if (this.#leaving.has(tenant.engine)) return [];
      if (workers.length === 0 && !tenant.engine.trying()) return [];
      const footprint = this.#options.footprint(tenant.engine);
      const count = Math.max(1, workers.length);
      const wanted = { workers: count, mapped: true, loading: count };
      return [{ tenant, workers, footprint, askedBytes: footprint.bytesFor(wanted, this.#options.source()) }];
    });
  }

  #someServes(): boolean {
    return this.#options.tenants().some(({ engine }) => engine.pool.serving > 0);
  }

  /** Else there is nobody to make room for it: it may well come to serve, and what it takes then is less. */
  #othersCanGo({ tenant }: Load): boolean {
    return this.#options
      .tenants()
      .some(({ engine, pinned }) => engine !== tenant.engine && !pinned && engine.pool.serving > 0);
  }
}

function hadBy({ workers }: Load, { anonymousBytes }: Glance): number {
  return sum(workers.map(({ pid }) => anonymousBytes.get(pid) ?? 0));
}

/** A trial's processes are not counted: while it runs, the one that is tried is taken to be at fault. */
function excessOf(load: Load, glance: Glance): number {
  return load.tenant.engine.trying() ? Infinity : hadBy(load, glance) - load.askedBytes;
}
