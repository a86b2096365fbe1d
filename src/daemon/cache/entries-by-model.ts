import { LRUCache } from "lru-cache";

export interface Sized {
  readonly bytes: number;
  /** Written here when it is asked for or set: which of all such that was, over all models. */
  use: number;
}

export interface Bounds {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** A larger one is not kept. */
  readonly maxEntryBytes: number;
}

type Texts<E extends Sized> = LRUCache<string, E>;

/**
 * Entries by model and text, bounded together: the least recently used of all goes first, whichever model's it is. Each
 * model has a map of its own, so that texts are looked up as they are: a key put together of both would be a new string
 * at each hit, to be copied and hashed. Maps grow with what is in them, and one that is empty goes.
 */
export class EntriesByModel<E extends Sized> {
  readonly #bounds: Bounds;
  readonly #models = new Map<string, Texts<E>>();
  readonly #onEvict: (count: number) => void;
  #uses = 0;

  /** @param onEvict told how many went for want of room. */
  constructor(bounds: Bounds, onEvict: (count: number) => void) {
    this.#bounds = bounds;
    this.#onEvict = onEvict;
  }

  get size(): number {
    let size = 0;
    for (const texts of this.#models.values()) size += texts.size;
    return size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const texts of this.#models.values()) bytes += texts.calculatedSize;
    return bytes;
  }

  /** As one that is used now. */
  get(model: string, text: string): E | undefined {
    const entry = this.#models.get(model)?.get(text);
    if (entry !== undefined) entry.use = this.#uses += 1;
    return entry;
  }

  /** Nothing counts as used. */
  peek(model: string, text: string): E | undefined {
    return this.#models.get(model)?.peek(text);
  }

  set(model: string, text: string, entry: E): void {
    const { maxEntries, maxBytes, maxEntryBytes } = this.#bounds;
    if (entry.bytes > maxEntryBytes) return this.delete(model, text);
    this.#models.get(model)?.delete(text);
    const texts = this.#models.get(model) ?? new LRUCache<string, E>({ maxSize: maxBytes });
    while (this.size >= maxEntries || this.bytes + entry.bytes > maxBytes) this.evict(1);
    entry.use = this.#uses += 1;
    // Its own map has gone where the last of it had to.
    this.#models.set(model, texts);
    texts.set(text, entry, { size: entry.bytes });
  }

  delete(model: string, text: string): void {
    const texts = this.#models.get(model);
    texts?.delete(text);
    if (texts?.size === 0) this.#models.delete(model);
  }

  /** @returns how many went. */
  deleteAll(isGone: (entry: E) => boolean): number {
    let gone = 0;
    for (const [model, texts] of this.#models) {
      const due = [...texts].filter(([, entry]) => isGone(entry));
      for (const [text] of due) this.delete(model, text);
      gone += due.length;
    }
    return gone;
  }

  /** The least recently used ones; no more than there are. */
  evict(count: number): void {
    const shares = this.#models.size > 1 ? sharesOf(this.#models, count) : undefined;
    for (const [model, texts] of this.#models) {
      const share = shares?.get(model) ?? count;
      for (let at = 0; at < share; at++) texts.pop();
      if (texts.size === 0) this.#models.delete(model);
    }
    this.#onEvict(count);
  }

  clear(): void {
    this.#models.clear();
  }
}

/** How many of each model go first, of so many. */
function sharesOf<E extends Sized>(models: ReadonlyMap<string, Texts<E>>, count: number): Map<string, number> {
  const walks = Array.from(models, ([model, texts]) => ({ model, rest: texts.rvalues(), use: -1, passed: -1 }));
  const step = (walk: (typeof walks)[number]): void => {
    walk.use = walk.rest.next().value?.use ?? Infinity;
    walk.passed += 1;
  };
  walks.forEach(step);
  for (let at = 0; at < count; at++) step(walks.reduce((least, walk) => (walk.use < least.use ? walk : least)));
  return new Map(walks.map(({ model, passed }) => [model, passed]));
}
