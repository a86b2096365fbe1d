import { CombotError, messageOf } from "../../lib/errors.ts";
import type { LoadReply, UnloadReply } from "../../lib/protocol/model.ts";
import type { RecycleReply } from "../../lib/protocol/process.ts";
import { readProcessMemory } from "../memory/process-memory.ts";
import type { Pool } from "../pool/pool.ts";
import type { Models } from "./models.ts";
import { pssOf, readTree } from "./memory-report.ts";

type Recycle = RecycleReply["recycles"][number];

/** Loading, unloading and recycling by hand, each measured from outside: before, and when the processes have ended. */
export class Lifecycle {
  readonly #models: Models;
  /** A clock that never goes back, in ms. */
  readonly #now: () => number;
  /** Told of what fails when nobody waits for it. */
  readonly #onFailure: (error: unknown) => void;

  constructor(models: Models, now: () => number, onFailure: (error: unknown) => void) {
    this.#models = models;
    this.#now = now;
    this.#onFailure = onFailure;
  }

  get #pool(): Pool {
    return this.#models.current.pool;
  }

  async load(wait: boolean): Promise<LoadReply> {
    const from = this.#now();
    const started = this.#pool.load();
    if (wait) await this.#pool.whenReady();
    const ready = this.#pool.slots.filter((slot) => slot.current?.view().serving).map((slot) => slot.index);
    return { started, ready, durationMs: this.#since(from) };
  }

  async unload(wait: boolean): Promise<UnloadReply> {
    const from = this.#now();
    const beforeBytes = pssOf(await readTree(this.#models.engines));
    const ended = this.#pool.unload();
    const stopped = this.#pool.slots.filter((slot) => slot.workers.size > 0).map((slot) => slot.index);
    if (!wait) {
      ended.catch(this.#onFailure);
      return { stopped, beforeBytes, afterBytes: null, freedBytes: null, durationMs: this.#since(from) };
    }
    await ended;
    const afterBytes = pssOf(await readTree(this.#models.engines));
    return { stopped, beforeBytes, afterBytes, freedBytes: beforeBytes - afterBytes, durationMs: this.#since(from) };
  }

  /** @throws {CombotError} `SLOT_UNKNOWN`. What fails in one slot is told in its row. */
  async recycle(slot: number | undefined, wait: boolean): Promise<RecycleReply> {
    const slots = slot === undefined ? this.#running() : [this.#known(slot)];
    const done = this.#recycleInTurn(slots);
    if (wait) return { recycles: await done };
    done.catch(this.#onFailure);
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
      const pid = this.#pool.slots[slot]?.current?.pid;
      const freedBytes = pid === undefined ? 0 : ((await readProcessMemory(pid))?.privateBytes ?? 0);
      const { tookMs } = await this.#pool.recycle(slot, "manual");
      return { slot, done: true, durationMs: Math.round(tookMs), freedBytes };
    } catch (error) {
      return { slot, done: false, error: messageOf(error) };
    }
  }

  #since(fromMs: number): number {
    return Math.round(this.#now() - fromMs);
  }
}
