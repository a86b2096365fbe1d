export type BreakerState = "closed" | "open";

/** Failures one after another that open it. */
const FAILURES_TO_OPEN = 3;
/** Failures closer together are one: a stall of our own makes every call under way late at the same moment. */
const ONE_MOMENT_MS = 10;
/** A call that takes longer counts as failed: an answer from the model would have been there as soon. */
export const SLOW_MS = 25;

/**
 * Keeps requests away from a Redis that is away or slow. Only a probe of our own closes it: no user's request is spent on
 * finding out.
 */
export class Breaker {
  readonly #onChange: (state: BreakerState) => void;
  readonly #now: () => number;
  #failures = 0;
  #failedAtMs = -Infinity;
  #state: BreakerState = "closed";

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number, onChange: (state: BreakerState) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** @param tookMs of a call that was answered. */
  answered(tookMs: number): void {
    if (tookMs > SLOW_MS) this.failed();
    else this.#failures = 0;
  }

  failed(): void {
    const nowMs = this.#now();
    if (nowMs - this.#failedAtMs < ONE_MOMENT_MS) return;
    this.#failedAtMs = nowMs;
    this.#failures += 1;
    if (this.#failures >= FAILURES_TO_OPEN) this.#turn("open");
  }

  /** A probe was answered in time. */
  probed(): void {
    this.#failures = 0;
    this.#turn("closed");
  }

  /** There is nobody to ask: opens at once. */
  trip(): void {
    this.#turn("open");
  }

  #turn(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
