/**
 * The smallest of many numbers: a heap with the largest of those kept on top, so that what is not among them costs one
 * comparison.
 */
export class BestKeys {
  readonly #heap: Float64Array;
  #size = 0;

  /** @param room how many are kept. */
  constructor(room: number) {
    this.#heap = new Float64Array(room);
  }

  offer(key: number): void {
    const heap = this.#heap;
    if (this.#size < heap.length) {
      heap[this.#size++] = key;
      if (this.#size === heap.length) for (let at = (heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    } else if (key < (heap[0] ?? -Infinity)) {
      heap[0] = key;
      this.#sink(0);
    }
  }

  /** Those kept, smallest first. To be asked for once, at the end. */
  ascending(): Float64Array {
    return this.#heap.subarray(0, this.#size).toSorted();
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const key = heap[from] ?? 0;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) > (heap[child] ?? 0)) child += 1;
      if ((heap[child] ?? 0) <= key) break;
      heap[at] = heap[child] ?? 0;
      at = child;
    }
    heap[at] = key;
  }
}
