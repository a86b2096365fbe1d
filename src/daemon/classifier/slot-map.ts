/**
 * A map whose keys come and go with every request. A Map (or Set) of V8 that has seen enough keys makes itself a new
 * table and leaves the old one behind with a link to it, for those who walk over it. Once such a table is in the old
 * generation, every later one is kept until the next full collection, and so is all that they held: a fifth of what
 * requests leave behind, and half of the daemon's time was collecting it. Here the table holds numbers, and the values
 * stand in a list that forgets them.
 */
export class SlotMap<K, V> {
  readonly #slots = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  set(key: K, value: V): void {
    const slot = this.#slots.get(key) ?? this.#free.pop() ?? this.#values.length;
    this.#slots.set(key, slot);
    this.#values[slot] = value;
  }

  delete(key: K): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
  }
}
