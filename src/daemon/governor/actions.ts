import { messageOf } from "../../lib/errors.ts";
import { chooseIdle } from "../policy/idle.ts";
import type { RecycleVerdict } from "../policy/recycle.ts";
import type { Decisions, NewDecision } from "./decisions.ts";
import { anonymousOf } from "./ports.ts";
import type { GovernedWorker, MemoryMeter, ShrinkableCache, Workers } from "./ports.ts";

export interface ActionOptions {
  readonly meter: MemoryMeter;
  readonly workers: () => Workers;
  readonly cache: ShrinkableCache;
  readonly decisions: Decisions;
  readonly collectGarbage: () => Promise<void>;
  /** Of Redis' allocator, where there is a Redis; not waited for. */
  readonly purgeRedis: () => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** What every verdict says of itself. */
interface Why {
  readonly act: string;
  readonly reason: string;
  readonly measured: number;
  readonly threshold: number;
}

export type DueVerdict = Extract<RecycleVerdict, { readonly measured: number }>;

/** Performs verdicts: memory is measured before, and when the old processes have ended; the difference is recorded. */
export class Actions {
  readonly #options: ActionOptions;

  constructor(options: ActionOptions) {
    this.#options = options;
  }

  unload(why: Why, slots: readonly number[]): Promise<void> {
    return this.#measured(named(why), async () => void (await this.#options.workers().unload(slots)));
  }

  evictShadow(why: Why): Promise<void> {
    return this.#measured(named(why), async () => void (await this.#options.workers().unloadSpare()));
  }

  unloadQuiet(slots: readonly number[], idleUnloadMs: number): Promise<void> {
    const quietMs = Math.min(...slots.map((slot) => this.#viewOf(slot)?.quietMs ?? Infinity));
    const threshold = this.#viewOf(slots[0])?.idleUnloadMs ?? idleUnloadMs;
    const why = { act: "unload", reason: "idle", measured: quietMs / 1000, threshold: threshold / 1000 };
    const { workers } = this.#options;
    return this.#measured(named(why), async () => {
      // Measuring took a moment: the timer loses to a text that was given out meanwhile.
      const quiet = chooseIdle(workers().views(), idleUnloadMs).filter((slot) => slots.includes(slot));
      await workers().unload(quiet);
      const spared = slots.filter((slot) => !quiet.includes(slot)).map((slot) => this.#placeOf(slot));
      const names = spared.map(({ slot, model }) => (model === undefined ? `${slot}` : `${slot} of ${model}`));
      return names.length > 0 ? `given a text meanwhile: slot ${names.join(", ")}` : undefined;
    });
  }

  /**
   * The in-memory tier emptied, Redis' allocator purged, each worker replaced in turn, the daemon's own garbage collected. Where a replacement
   * does not come to serve, those that do are left alone.
   */
  forceCleanup(why: Why, slots: readonly number[]): Promise<void> {
    const { cache, collectGarbage, purgeRedis } = this.#options;
    return this.#measured(named(why), async () => {
      cache.clear(true);
      purgeRedis();
      const failure = await this.#recycleEach(slots);
      await collectGarbage();
      return failure;
    });
  }

  unloadAll(why: Why): Promise<void> {
    const { cache, workers, collectGarbage } = this.#options;
    return this.#measured(named(why), async () => {
      workers().refuseTexts("memory is at emergency");
      cache.clear(false);
      await workers().unload();
      await collectGarbage();
    });
  }

  restore(why: Why): Promise<void> {
    const { cache, workers } = this.#options;
    return this.#measured({ ...named(why), freedBytes: null }, async () => {
      cache.refill();
      workers().restore();
    });
  }

  async tell(why: Why): Promise<void> {
    this.#options.decisions.record({ ...named(why), freedBytes: null, durationMs: 0 });
  }

  /** @param lack why its replacement can't load; left out where only the time is not there yet. */
  async putOff(verdict: DueVerdict, nowMs: number, lack?: string): Promise<void> {
    const { slot, why, measured, threshold, untilMs = nowMs } = verdict;
    const place = this.#placeOf(slot);
    const inMs = Math.max(0, Math.round(untilMs - nowMs));
    const detail = lack ?? `recycling may take a tenth of the time: the next one in ${inMs} ms`;
    const entry = { action: "put off" as const, reason: why, ...figures(why, measured, threshold), ...place, detail };
    this.#options.decisions.record({ ...entry, freedBytes: null, durationMs: 0 });
  }

  /** @returns what the replacement's birth took, in ms. */
  async recycle(verdict: DueVerdict, room: { fits: boolean; detail: string }): Promise<number> {
    const { slot, why, measured, threshold } = verdict;
    const how = room.fits ? "replacement first" : "in turn";
    let birthMs = 0;
    const entry = {
      action: "recycle" as const,
      reason: why,
      ...figures(why, measured, threshold),
      ...this.#placeOf(slot),
    };
    await this.#measured(entry, async () => {
      const done = await this.#options.workers().recycle(slot, why, !room.fits);
      birthMs = done.birthMs;
      return `${how}: a worker needs ${room.detail}`;
    });
    return birthMs;
  }

  /** @returns the slot whose replacement did not come to serve, and why. */
  async #recycleEach(slots: readonly number[]): Promise<string | undefined> {
    for (const slot of slots) {
      try {
        await this.#options.workers().recycle(slot, "memory", true);
      } catch (error) {
        return `slot ${slot}: ${messageOf(error)}`;
      }
    }
    return undefined;
  }

  #viewOf(slot: number | undefined): GovernedWorker | undefined {
    const views = this.#options.workers().views();
    return views.find((worker) => worker.slot === slot);
  }

  /** How people know it. */
  #placeOf(slot: number): { readonly slot: number; readonly model?: string } {
    return this.#viewOf(slot)?.place ?? { slot };
  }

  /** @param run resolves to a detail for the record. What it throws is recorded, and thrown on. */
  async #measured(entry: Unmeasured & { freedBytes?: null }, run: () => Promise<string | void>): Promise<void> {
    const { decisions, now } = this.#options;
    const before = await this.#anonymous();
    const from = now();
    let detail: string | void = undefined;
    try {
      detail = await run();
    } catch (error) {
      detail = messageOf(error);
      throw error;
    } finally {
      const durationMs = Math.round(now() - from);
      const after = await this.#anonymous();
      const isMeasured = entry.freedBytes !== null && before.bytes !== null && after.bytes !== null;
      const freedBytes = isMeasured ? before.bytes - after.bytes : null;
      const details = [...new Set([detail, before.failure, after.failure])].filter(Boolean).join("; ");
      decisions.record({ ...entry, freedBytes, durationMs, ...(details ? { detail: details } : {}) });
    }
  }

  /** A reading that fails must not keep memory from being given back, nor that from being told. */
  async #anonymous(): Promise<Reading> {
    try {
      return { bytes: anonymousOf((await this.#options.meter.measure()).processes) };
    } catch (error) {
      return { bytes: null, failure: `not measured: ${messageOf(error)}` };
    }
  }
}

/** Bytes; null, and why, where they could not be read. */
interface Reading {
  readonly bytes: number | null;
  readonly failure?: string;
}

type Unmeasured = Omit<NewDecision, "freedBytes" | "durationMs">;

function named({ act, reason, measured, threshold }: Why): Unmeasured {
  return { action: act as NewDecision["action"], reason, measured, threshold };
}

/** Uptime is told in seconds, like every time that people read. */
function figures(why: string, measured: number, threshold: number): { measured: number; threshold: number } {
  return why === "uptime" ? { measured: measured / 1000, threshold: threshold / 1000 } : { measured, threshold };
}
