/** Events a second over the last minute, from one counter a second. */
export class Rate {
  readonly #counts = new Uint32Array(60);
  readonly #now: () => number;
  readonly #bornAtMs: number;
  #second: number;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
    this.#bornAtMs = now();
    this.#second = Math.floor(now() / 1000);
  }

  add(count = 1): void {
    this.#turn();
    const at = this.#second % 60;
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  get perSecond(): number {
    this.#turn();
    const seconds = Math.min(60, Math.max(1, (this.#now() - this.#bornAtMs) / 1000));
    return this.#counts.reduce((sum, count) => sum + count, 0) / seconds;
  }

  #turn(): void {
    const second = Math.floor(this.#now() / 1000);
    for (let at = Math.max(this.#second + 1, second - 59); at <= second; at++) this.#counts[at % 60] = 0;
    this.#second = second;
  }
}
