import { CombotError } from "../../lib/errors.ts";
import type { Worker } from "./worker.ts";

/** Why a slot was unloaded: somebody asked for it, memory was needed for something else, or the daemon stops. */
export type UnloadedFor = "asked" | "memory" | "stopping";

/** A place for one worker; two processes while one replaces the other. */
export class Slot {
  readonly index: number;
  /** The one that serves, or is going to. */
  current: Worker | undefined;
  /** The one that takes over from `current` once it is ready, or when `current` dies before that. */
  incoming: Worker | undefined;
  /** Every process of this slot that has not ended. */
  readonly workers = new Set<Worker>();
  #generation = 0;
  #wanted = false;
  #unloadedFor: UnloadedFor | undefined;

  constructor(index: number) {
    this.index = index;
  }

  /** Shall hold a worker: what dies is started again. False while unloaded, until there is demand. */
  get wanted(): boolean {
    return this.#wanted;
  }

  want(): void {
    this.#wanted = true;
    this.#unloadedFor = undefined;
  }

  /** There is no demand for it. */
  release(): void {
    this.#wanted = false;
  }

  unload(why: UnloadedFor): void {
    this.#wanted = false;
    this.#unloadedFor = why;
  }

  /** What whoever waits for its worker is told; undefined where nobody has unloaded it since it was wanted last. */
  get unloaded(): CombotError | undefined {
    return this.#unloadedFor === undefined ? undefined : errorOf(this.#unloadedFor);
  }

  nextGeneration(): number {
    return ++this.#generation;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Its process has ended. */
  remove(worker: Worker): void {
    this.workers.delete(worker);
    if (this.incoming === worker) this.incoming = undefined;
    if (this.current === worker) this.promote();
  }

  /** The replacement becomes the one that serves, or, where the one before it died early, is going to. */
  promote(): void {
    this.current = this.incoming;
    this.current?.hurry();
    this.incoming = undefined;
  }
}

function errorOf(why: UnloadedFor): CombotError {
  if (why === "stopping") return new CombotError("SHUTTING_DOWN", "the daemon stops before it served");
  if (why === "asked") return new CombotError("MODEL_UNLOADED", "it was unloaded before it served");
  return new CombotError("MODEL_UNAVAILABLE", "it was unloaded before it served, for want of memory");
}

/** Processes that have not come to serve. */
export function loadingOf(slots: readonly Slot[]): Worker[] {
  return slots.flatMap(({ workers }) => [...workers]).filter(({ state }) => state === "starting");
}
