import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** A timer may be late by so much: it has whole milliseconds, and is set to the next one. */
const TIMER_STEP_MS = 1.2;
/** Replies that come meanwhile are read after it, so that it may not be long. */
const NAP_MS = 0.1;

/**
 * Waits for moments more exactly than timers do, which have whole milliseconds. The rest is slept through in naps that
 * stop the thread, with a turn of the event loop after each: a tenth of a core, where turns without naps take all of it.
 */
export class Pacer {
  readonly #never = new Int32Array(new SharedArrayBuffer(4));
  readonly #now: () => number;
  #nappedMs = 0;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** For so long the thread slept while its event loop counted as busy. */
  get nappedMs(): number {
    return this.#nappedMs;
  }

  /** Resolves a little too early at times. */
  async wait(ms: number): Promise<void> {
    if (ms > TIMER_STEP_MS) return sleep(ms - TIMER_STEP_MS);
    const fromMs = this.#now();
    Atomics.wait(this.#never, 0, 0, Math.min(ms, NAP_MS));
    this.#nappedMs += this.#now() - fromMs;
    return nextTurn();
  }
}
