import { CombotError } from "../../lib/errors.ts";
import type { RecycleReason } from "../../lib/protocol/process.ts";
import type { GovernedWorker, Workers } from "../governor/ports.ts";
import type { Pool } from "../pool/pool.ts";
import type { Engine } from "./engine.ts";
import { idleUnloadMsOf } from "./model-wishes.ts";
import type { Tenant } from "./occupancy.ts";
import type { Models } from "./models.ts";

/** Processes that serve nobody, and go before any that does. */
export interface Spare {
  readonly isLoaded: boolean;
  /** Resolves when they are gone. */
  giveWay(): Promise<void>;
  /** They may come back, or not. */
  reconsider(): void;
}

/** The workers of all models as the governor sees them: one list, in which each has a number. */
export class GovernedModels implements Workers {
  readonly #models: Models;
  readonly #spare: Spare;
  /** More than any model has slots. */
  readonly #stride: number;
  /** The default model's slots come first, so that with one model a number is its slot. */
  readonly #ordinals = new WeakMap<Engine, number>();
  #count = 0;

  constructor(models: Models, stride: number, spare: Spare) {
    this.#models = models;
    this.#spare = spare;
    this.#stride = stride;
  }

  get #tenants(): readonly Tenant[] {
    return this.#models.tenants;
  }

  views(): readonly GovernedWorker[] {
    return this.#tenants.flatMap((tenant) => this.#viewsOf(tenant));
  }

  get unsettled(): boolean {
    return this.#tenants.some(({ engine }) => engine.pool.unsettled);
  }

  /** Of the default model where no slot is given. */
  engineOf(slot: number | undefined): Engine {
    return (slot === undefined ? undefined : this.#find(slot)?.engine) ?? this.#models.current;
  }

  recycle(slot: number, reason: RecycleReason, inTurn: boolean): ReturnType<Pool["recycle"]> {
    const found = this.#find(slot);
    if (!found) throw new CombotError("MODEL_UNAVAILABLE", "the model is gone");
    return found.engine.pool.recycle(found.index, reason, inTurn);
  }

  get hasSpare(): boolean {
    return this.#spare.isLoaded;
  }

  unloadSpare(): Promise<void> {
    return this.#spare.giveWay();
  }

  async unload(slots?: readonly number[]): Promise<void> {
    const served = this.#tenants.map(({ engine }) => engine.pool.unload(slots && this.#ownOf(engine, slots), "memory"));
    await Promise.all(slots ? served : [...served, this.#spare.giveWay()]);
  }

  /** Of these, those that are slots of its own, as it numbers them. */
  #ownOf(engine: Engine, slots: readonly number[]): number[] {
    return slots.flatMap((slot) => {
      const found = this.#find(slot);
      return found?.engine === engine ? [found.index] : [];
    });
  }

  /** Texts may load any model again; the default one comes back by itself. */
  restore(): void {
    for (const { engine } of this.#tenants) engine.queue.refuse(undefined);
    this.#models.current.pool.load(1);
  }

  refuseTexts(reason: string): void {
    const refusal = new CombotError("MEMORY_EMERGENCY", reason, { retryAfterSeconds: 5 });
    for (const { engine } of this.#tenants) {
      engine.queue.refuse(refusal);
      engine.queue.failWaiting(refusal);
    }
  }

  reconsider(): void {
    for (const { engine } of this.#tenants) engine.pool.reconsider();
    this.#spare.reconsider();
  }

  #viewsOf({ name, engine, pinned }: Tenant): GovernedWorker[] {
    const isDefault = engine === this.#models.current;
    const idleUnloadMs = idleUnloadMsOf(engine.model);
    const from = this.#ordinalOf(engine) * this.#stride;
    const running = engine.pool.slots.flatMap(({ index, current }) => (current ? [{ index, current }] : []));
    return running.map(({ index, current }) => ({
      ...current.view(),
      slot: from + index,
      pid: current.pid,
      quietMs: current.quietMs,
      ...(idleUnloadMs !== undefined && { idleUnloadMs }),
      ...(pinned && running.length === 1 && { pinned }),
      ...(!isDefault && { place: { model: name, slot: index } }),
    }));
  }

  #find(slot: number): { readonly engine: Engine; readonly index: number } | undefined {
    const ordinal = Math.floor(slot / this.#stride);
    const tenant = this.#tenants.find(({ engine }) => this.#ordinalOf(engine) === ordinal);
    return tenant && { engine: tenant.engine, index: slot % this.#stride };
  }

  #ordinalOf(engine: Engine): number {
    if (engine === this.#models.current) return 0;
    const known = this.#ordinals.get(engine);
    if (known !== undefined) return known;
    this.#count += 1;
    this.#ordinals.set(engine, this.#count);
    return this.#count;
  }
}
