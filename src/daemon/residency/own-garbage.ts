export interface OwnGarbageOptions {
  readonly collect: () => Promise<void>;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** Told of what fails while nobody waits for it. */
  readonly onFailure: (error: unknown) => void;
}

/** What was given back less long ago has left little to give. */
const REST_MS = 10_000;

/**
 * What the daemon can give back of its own before it refuses a model for want of memory: its heap grows by tens of megabytes
 * while it serves, and V8 has no reason to collect them.
 */
export class OwnGarbage {
  readonly #options: OwnGarbageOptions;
  readonly #waiting: (() => void)[] = [];
  #doneAtMs = -Infinity;

  constructor(options: OwnGarbageOptions) {
    this.#options = options;
  }

  /** @param then called once it is given back. @returns false where that was done a moment ago: `then` is not called. */
  giveBack(then: () => void): boolean {
    const { collect, now, onFailure } = this.#options;
    if (now() - this.#doneAtMs < REST_MS) return false;
    this.#waiting.push(then);
    if (this.#waiting.length > 1) return true;
    void collect()
      .catch(onFailure)
      .finally(() => {
        this.#doneAtMs = now();
        for (const one of this.#waiting.splice(0)) one();
      });
    return true;
  }
}
