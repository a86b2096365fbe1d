import type { Worker } from "./worker.ts";

/** A place for one worker; two processes while one replaces the other. */
export class Slot {
  readonly index: number;
  /** Shall hold a worker: what dies is started again. False while unloaded, until there is demand. */
  wanted = false;
  /** The one that serves, or is going to. */
  current: Worker | undefined;
  /** The one that takes over from `current` once it is ready, or when `current` dies before that. */
  incoming: Worker | undefined;
  /** Every process of this slot that has not ended. */
  readonly workers = new Set<Worker>();
  #generation = 0;

  constructor(index: number) {
    this.index = index;
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

/** Processes that have not come to serve. */
export function loadingOf(slots: readonly Slot[]): Worker[] {
  return slots.flatMap(({ workers }) => [...workers]).filter(({ state }) => state === "starting");
}
