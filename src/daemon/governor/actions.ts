import { messageOf } from "../../lib/errors.ts";
import type { RecycleVerdict } from "../policy/recycle.ts";
import type { Decisions, NewDecision } from "./decisions.ts";
import { anonymousOf } from "./ports.ts";
import type { MemoryMeter, ShrinkableCache, Workers } from "./ports.ts";

export interface ActionOptions {
  readonly meter: MemoryMeter;
  readonly workers: () => Workers;
  readonly cache: ShrinkableCache;
  readonly decisions: Decisions;
  readonly collectGarbage: () => void;
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

type DueVerdict = Extract<RecycleVerdict, { readonly measured: number }>;

/** Performs verdicts: memory is measured before, and when the old processes have ended; the difference is recorded. */
export class Actions {
  readonly #options: ActionOptions;

  constructor(options: ActionOptions) {
    this.#options = options;
  }

  unload(why: Why, slots: readonly number[]): Promise<void> {
    return this.#measured(named(why), async () => void (await this.#options.workers().unload(slots)));
  }

  unloadQuiet(slots: readonly number[], idleUnloadMs: number): Promise<void> {
    const quietMs = Math.min(...this.#quietOf(slots));
    const why = { act: "unload", reason: "idle", measured: quietMs / 1000, threshold: idleUnloadMs / 1000 };
    return this.unload(why, slots);
  }

  /** The in-memory tier emptied, each worker replaced in turn, the daemon's own garbage collected. */
  forceCleanup(why: Why, slots: readonly number[]): Promise<void> {
    const { cache, workers, collectGarbage } = this.#options;
    return this.#measured(named(why), async () => {
      cache.clear(true);
      const failures: string[] = [];
      for (const slot of slots) {
        await workers()
          .recycle(slot, "memory", true)
          .catch((error: unknown) => failures.push(`slot ${slot}: ${messageOf(error)}`));
      }
      collectGarbage();
      return failures.length > 0 ? failures.join("; ") : undefined;
    });
  }

  unloadAll(why: Why): Promise<void> {
    const { cache, workers, collectGarbage } = this.#options;
    return this.#measured(named(why), async () => {
      workers().refuseTexts("memory is at emergency");
      cache.clear(false);
      await workers().unload();
      collectGarbage();
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

  async putOff(verdict: DueVerdict, nowMs: number): Promise<void> {
    const { slot, why, measured, threshold, untilMs = nowMs } = verdict;
    const detail = `recycling may take a tenth of the time: the next one in ${Math.max(0, Math.round(untilMs - nowMs))} ms`;
    const entry = { action: "put off" as const, reason: why, ...figures(why, measured, threshold), slot, detail };
    this.#options.decisions.record({ ...entry, freedBytes: null, durationMs: 0 });
  }

  /** @returns what the replacement's birth took, in ms. */
  async recycle(verdict: DueVerdict, room: { fits: boolean; detail: string }): Promise<number> {
    const { slot, why, measured, threshold } = verdict;
    const how = room.fits ? "replacement first" : "in turn";
    let birthMs = 0;
    const entry = { action: "recycle" as const, reason: why, ...figures(why, measured, threshold), slot };
    await this.#measured(entry, async () => {
      const done = await this.#options.workers().recycle(slot, why, !room.fits);
      birthMs = done.birthMs;
      return `${how}: a worker ${room.detail}`;
    });
    return birthMs;
  }

  #quietOf(slots: readonly number[]): number[] {
    const views = this.#options.workers().views();
    return views.filter(({ slot }) => slots.includes(slot)).map(({ quietMs }) => quietMs);
  }

  /** @param run resolves to a detail for the record. What it throws is recorded, and thrown on. */
  async #measured(entry: Omit<NewDecision, "freedBytes" | "durationMs"> & { freedBytes?: null }, run: () => Promise<string | void>): Promise<void> {
    const { meter, decisions, now } = this.#options;
    const before = anonymousOf((await meter.measure()).processes);
    const from = now();
    let detail: string | void = undefined;
    try {
      detail = await run();
    } catch (error) {
      detail = messageOf(error);
      throw error;
    } finally {
      const durationMs = Math.round(now() - from);
      const after = anonymousOf((await meter.measure()).processes);
      const freedBytes = entry.freedBytes === null ? null : before - after;
      decisions.record({ ...entry, freedBytes, durationMs, ...(detail ? { detail } : {}) });
    }
  }
}

function named({ act, reason, measured, threshold }: Why): Omit<NewDecision, "freedBytes" | "durationMs"> {
  return { action: act as NewDecision["action"], reason, measured, threshold };
}

/** Uptime is told in seconds, like every time that people read. */
function figures(why: string, measured: number, threshold: number): { measured: number; threshold: number } {
  return why === "uptime" ? { measured: measured / 1000, threshold: threshold / 1000 } : { measured, threshold };
}
