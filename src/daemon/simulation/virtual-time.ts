/** What is to happen, and when. */
interface Event {
  readonly atMs: number;
  /** Of two for the same moment, the one that was asked for first. */
  readonly order: number;
  readonly run: () => void;
}

/** A clock that goes from event to event, and not with the day. */
export class VirtualTime {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;
  #isUnsettled = false;
  #isStopped = false;

  get nowMs(): number {
    return this.#nowMs;
  }

  readonly now = (): number => this.#nowMs;

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  /** Something that awaits was told: it goes on before the next event. */
  unsettle(): void {
    this.#isUnsettled = true;
  }

  /** What is left does not take place. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @param onPause told now and then: a day takes a while. */
  async runUntil(untilMs: number, onPause?: () => void): Promise<void> {
    let events = 0;
    for (let next = this.#heap[0]; next && next.atMs <= untilMs && !this.#isStopped; next = this.#heap[0]) {
      this.#pop();
      this.#nowMs = next.atMs;
      next.run();
      if (this.#isUnsettled) await this.#settle();
      events += 1;
      if (onPause && events % 1_000_000 === 0) onPause();
    }
    this.#nowMs = untilMs;
  }

  /** Whoever awaits something that is there goes on, and what follows from that too. */
  async #settle(): Promise<void> {
    this.#isUnsettled = false;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
