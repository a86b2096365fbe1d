/** Of the time that goes by, one part in so many may be spent on a page. */
const SHARE = 10;

/**
 * A page that takes a while to make, made once for all who ask meanwhile, and for ten times as long as that took: however
 * many ask, a tenth of the daemon's time is spent on it at most.
 */
export class SharedPage<T> {
  readonly #make: () => Promise<T>;
  readonly #now: () => number;
  #page: Promise<T> | undefined;
  #staleAtMs = Infinity;

  /** @param now a clock that never goes back, in ms. */
  constructor(make: () => Promise<T>, now: () => number) {
    this.#make = make;
    this.#now = now;
  }

  /** What it throws is thrown to all who asked meanwhile, and to nobody after them. */
  get(): Promise<T> {
    if (!this.#page || this.#now() >= this.#staleAtMs) this.#page = this.#begin();
    return this.#page;
  }

  async #begin(): Promise<T> {
    const from = this.#now();
    this.#staleAtMs = Infinity;
    try {
      return await this.#make();
    } catch (thrown) {
      this.#page = undefined;
      throw thrown;
    } finally {
      this.#staleAtMs = this.#now() + (this.#now() - from) * SHARE;
    }
  }
}
