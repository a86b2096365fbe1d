import { CombotError, messageOf } from "../../lib/errors.ts";
import type { LoadReply, UnloadReply } from "../../lib/protocol/model.ts";
import type { RecycleReply } from "../../lib/protocol/process.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { MemoryMeter } from "../governor/ports.ts";
import type { Pool } from "../pool/pool.ts";
import type { Models } from "./models.ts";

type Recycle = RecycleReply["recycles"][number];

export interface LifecycleParts {
  readonly models: Models;
  readonly meter: MemoryMeter;
  /** Whether a replacement fits beside the worker it replaces. */
  readonly roomForBoth: () => boolean;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Told of what fails when nobody waits for it. */
  readonly onFailure: (error: unknown) => void;
}

/** Loading, unloading and recycling by hand, each measured from outside: before, and when the processes have ended. */
export class Lifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  get #pool(): Pool {
    return this.#parts.models.current.pool;
  }

  async load(wait: boolean): Promise<LoadReply> {
    const from = this.#parts.now();
    const started = this.#pool.load();
    if (wait) await this.#pool.whenReady();
    const ready = this.#pool.slots.filter((slot) => slot.current?.view().serving).map((slot) => slot.index);
    return { started, ready, durationMs: this.#since(from) };
  }

  async unload(wait: boolean): Promise<UnloadReply> {
    const from = this.#parts.now();
    const beforeBytes = await this.#anonymousBytes();
    const ended = this.#pool.unload();
    const stopped = this.#pool.slots.filter((slot) => slot.workers.size > 0).map((slot) => slot.index);
    if (!wait) {
      ended.catch(this.#parts.onFailure);
      return { stopped, beforeBytes, afterBytes: null, freedBytes: null, durationMs: this.#since(from) };
    }
    await ended;
    const afterBytes = await this.#anonymousBytes();
    return { stopped, beforeBytes, afterBytes, freedBytes: beforeBytes - afterBytes, durationMs: this.#since(from) };
  }

  /** @throws {CombotError} `SLOT_UNKNOWN`. What fails in one slot is told in its row. */
  async recycle(slot: number | undefined, wait: boolean): Promise<RecycleReply> {
    const slots = slot === undefined ? this.#running() : [this.#known(slot)];
    const done = this.#recycleInTurn(slots);
    if (wait) return { recycles: await done };
    done.catch(this.#parts.onFailure);
    return { recycles: slots.map((index) => ({ slot: index, done: false })) };
  }

  async #recycleInTurn(slots: readonly number[]): Promise<Recycle[]> {
    const rows: Recycle[] = [];
    for (const slot of slots) rows.push(await this.#recycleOne(slot));
    return rows;
  }

  #running(): number[] {
    return this.#pool.slots.filter((slot) => slot.current).map((slot) => slot.index);
  }

  #known(slot: number): number {
    const { length } = this.#pool.slots;
    if (slot < length) return slot;
    throw new CombotError("SLOT_UNKNOWN", `slot ${slot}: there are slots 0 to ${length - 1}`);
  }

  async #recycleOne(slot: number): Promise<Recycle> {
    try {
      const before = await this.#anonymousBytes();
      const { tookMs } = await this.#pool.recycle(slot, "manual", !this.#parts.roomForBoth());
      const freedBytes = before - (await this.#anonymousBytes());
      return { slot, done: true, durationMs: Math.round(tookMs), freedBytes };
    } catch (error) {
      return { slot, done: false, error: messageOf(error) };
    }
  }

  /** Memory of the tree that no file backs: what ending a process gives back for certain. */
  async #anonymousBytes(): Promise<number> {
    return anonymousOf((await this.#parts.meter.measure()).processes);
  }

  #since(fromMs: number): number {
    return Math.round(this.#parts.now() - fromMs);
  }
}
