import type { RecycleReason } from "../../lib/protocol/process.ts";
import type { GovernedWorker, Workers } from "../governor/ports.ts";
import type { Pool } from "./pool.ts";
import type { Text, WaitingLine } from "./waiting-line.ts";

/** The pool as the daemon's governor sees one. */
export class GovernedPool implements Workers {
  readonly #pool: Pool;
  readonly #line: WaitingLine;
  readonly #onRefused: (texts: readonly Text[]) => void;

  constructor(pool: Pool, line: WaitingLine, onRefused: (texts: readonly Text[]) => void) {
    this.#pool = pool;
    this.#line = line;
    this.#onRefused = onRefused;
  }

  views(): readonly GovernedWorker[] {
    const running = this.#pool.slots.flatMap(({ current }) => (current ? [current] : []));
    return running.map((worker) => ({ ...worker.view(), pid: worker.pid, quietMs: worker.quietMs }));
  }

  get unsettled(): boolean {
    return this.#pool.unsettled;
  }

  /** A shadow is somebody's for an hour, and no part of a plan. */
  get hasSpare(): boolean {
    return false;
  }

  unloadSpare(): Promise<void> {
    return Promise.resolve();
  }

  recycle(slot: number, _reason: RecycleReason, inTurn: boolean): ReturnType<Pool["recycle"]> {
    return this.#pool.recycle(slot, inTurn);
  }

  unload(slots?: readonly number[]): Promise<void> {
    return this.#pool.unload(slots);
  }

  restore(): void {
    this.#line.refuse(false);
    this.#pool.load(1);
  }

  refuseTexts(): void {
    this.#line.refuse(true);
    this.#onRefused(this.#line.failWaiting());
  }

  reconsider(): void {
    this.#pool.reconsider();
  }
}
