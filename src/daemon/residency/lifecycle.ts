import { setTimeout as delay } from "node:timers/promises";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { CameBy } from "../../lib/protocol/decisions.ts";
import type { LoadReply, ModelUseReply, ModelUseRequest, UnloadReply } from "../../lib/protocol/model.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { RecycleReply } from "../../lib/protocol/process.ts";
import type { Decisions, NewDecision } from "../governor/decisions.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { MemoryMeter } from "../governor/ports.ts";
import type { Pool } from "../pool/pool.ts";
import type { Models } from "./models.ts";

type Recycle = RecycleReply["recycles"][number];

export interface LifecycleParts {
  readonly models: Models;
  readonly meter: MemoryMeter;
  readonly decisions: Decisions;
  /** Whether a replacement fits beside the worker it replaces. */
  readonly roomForBoth: () => boolean;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Told of what fails when nobody waits for it. */
  readonly onFailure: (error: unknown) => void;
}

type ByHand = Pick<NewDecision, "action" | "slot" | "model" | "detail"> & { readonly by: CameBy };

const LOOK_EVERY_MS = 25;

const BY_HAND = { reason: "by hand", measured: null, threshold: null } as const;

/** Loading, unloading, switching and recycling by hand, each measured from outside: before, and when the processes have ended. */
export class Lifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  get #pool(): Pool {
    return this.#parts.models.current.pool;
  }

  /**
   * @param name of the model; the default one where left out, on every slot. Of another one a worker is started, and the
   * rest as texts come. @throws {CombotError} `MODEL_UNKNOWN`, `MODEL_UNAVAILABLE`, `MODEL_UNLOADED`, `MODEL_DOES_NOT_FIT`
   */
  async load(wait: boolean, by: CameBy, name?: string): Promise<LoadReply> {
    const from = this.#parts.now();
    const { pool } = await this.#parts.models.engineOf(name);
    const isDefault = pool === this.#pool;
    const started = isDefault ? pool.load() : pool.load(1);
    const detail = started.length === 0 ? "every slot had it" : slotsIn(started);
    const ready = this.#told({ action: "load", by, ...named(name), detail }, async () => {
      if (isDefault) await pool.whenReady();
      else await this.#bringUp(pool);
      return null;
    });
    if (wait) await ready;
    else ready.catch(this.#parts.onFailure);
    const serving = pool.slots.filter((slot) => slot.current?.view().serving).map((slot) => slot.index);
    return { started, ready: serving, durationMs: this.#since(from) };
  }

  async unload(wait: boolean, by: CameBy, name?: string): Promise<UnloadReply> {
    const from = this.#parts.now();
    const { pool } = await this.#parts.models.engineOf(name);
    const beforeBytes = await this.#anonymousBytes();
    const ended = pool.unload();
    const stopped = pool.slots.filter((slot) => slot.workers.size > 0).map((slot) => slot.index);
    let afterBytes: number | null = null;
    const detail = stopped.length === 0 ? "no slot had it" : slotsIn(stopped);
    const freed = this.#told({ action: "unload", by, ...named(name), detail }, async () => {
      await ended;
      afterBytes = await this.#anonymousBytes();
      return beforeBytes - afterBytes;
    });
    if (!wait) {
      freed.catch(this.#parts.onFailure);
      return { stopped, beforeBytes, afterBytes, freedBytes: null, durationMs: this.#since(from) };
    }
    const freedBytes = await freed;
    return { stopped, beforeBytes, afterBytes, freedBytes, durationMs: this.#since(from) };
  }

  /** @throws {CombotError} as `Models.use`. */
  async use(request: ModelUseRequest, by: CameBy): Promise<ModelUseReply> {
    let reply: ModelUseReply | undefined;
    const entry = { action: "model use" as const, by, detail: request.default ? "the default" : (request.dir ?? "") };
    await this.#told(entry, async () => {
      reply = await this.#parts.models.use(request);
      return null;
    });
    // It is there, or what failed has been thrown.
    return reply as ModelUseReply;
  }

  /** @throws {CombotError} `SLOT_UNKNOWN`. What fails in one slot is told in its row. */
  async recycle(slot: number | undefined, wait: boolean, by: CameBy): Promise<RecycleReply> {
    const slots = slot === undefined ? this.#running() : [this.#known(slot)];
    const done = this.#recycleInTurn(slots, by);
    if (wait) return { recycles: await done };
    done.catch(this.#parts.onFailure);
    return { recycles: slots.map((index) => ({ slot: index, done: false })) };
  }

  /** What is done to the repository stands among the decisions, with who did it. */
  async change<T>(
    action: "pin" | "unpin" | "rescan" | "model put" | "model remove" | "shadow" | "shadow stop",
    by: CameBy,
    name: string | undefined,
    run: () => Promise<T>,
    detail = name ?? "",
  ): Promise<T> {
    let done: T | undefined;
    await this.#told({ action, by, ...named(name), detail }, async () => {
      done = await run();
      return null;
    });
    // It is there, or what failed has been thrown.
    return done as T;
  }

  /** Where it does not come to serve, nobody wants it any more. */
  async #bringUp(pool: Pool): Promise<void> {
    try {
      await this.#whenServing(pool);
    } catch (error) {
      await pool.unload();
      throw error;
    }
  }

  /** Room may have to be made first. */
  async #whenServing(pool: Pool): Promise<void> {
    while (pool.serving === 0) {
      if (!pool.slots.some(({ wanted }) => wanted)) throw unwanted(pool);
      if (pool.refusal) throw new CombotError(pool.refusal.code ?? "MODEL_UNAVAILABLE", pool.refusal.detail);
      if (pool.lastFailure !== undefined) throw new CombotError("MODEL_UNAVAILABLE", pool.lastFailure);
      await delay(LOOK_EVERY_MS);
    }
  }

  async #recycleInTurn(slots: readonly number[], by: CameBy): Promise<Recycle[]> {
    const rows: Recycle[] = [];
    for (const slot of slots) rows.push(await this.#recycleOne(slot, by));
    return rows;
  }

  /** Stands among the decisions when it is over, also where it failed. @param run the bytes that it gave back. */
  async #told<T extends number | null>(entry: ByHand, run: () => Promise<T>): Promise<T> {
    const from = this.#parts.now();
    const record = (freedBytes: number | null, detail: string | undefined): void => {
      const known = { ...BY_HAND, ...entry, freedBytes, durationMs: this.#since(from) };
      this.#parts.decisions.record({ ...known, ...(detail && { detail }) });
    };
    try {
      const freedBytes = await run();
      record(freedBytes, entry.detail);
      return freedBytes;
    } catch (error) {
      record(null, [entry.detail, messageOf(error)].filter(Boolean).join("; "));
      throw error;
    }
  }

  #running(): number[] {
    return this.#pool.slots.filter((slot) => slot.current).map((slot) => slot.index);
  }

  #known(slot: number): number {
    const { length } = this.#pool.slots;
    if (slot < length) return slot;
    throw new CombotError("SLOT_UNKNOWN", `slot ${slot}: there are slots 0 to ${length - 1}`);
  }

  async #recycleOne(slot: number, by: CameBy): Promise<Recycle> {
    try {
      let durationMs = 0;
      const freedBytes = await this.#told({ action: "recycle", by, slot }, async () => {
        const before = await this.#anonymousBytes();
        const { tookMs } = await this.#pool.recycle(slot, "manual", !this.#parts.roomForBoth());
        durationMs = Math.round(tookMs);
        return before - (await this.#anonymousBytes());
      });
      return { slot, done: true, durationMs, freedBytes };
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

/** Nobody has unloaded it where the room went to others. */
function unwanted({ slots }: Pool): CombotError {
  const unloaded = slots.map((slot) => slot.unloaded).find((error) => error !== undefined);
  return unloaded ?? new CombotError("MODEL_DOES_NOT_FIT", "others have the room");
}

function named(name: string | undefined): { readonly model?: string } {
  return name === undefined || name === DEFAULT_MODEL ? {} : { model: name };
}

function slotsIn(slots: readonly number[]): string {
  return `slot${slots.length === 1 ? "" : "s"} ${slots.join(", ")}`;
}
