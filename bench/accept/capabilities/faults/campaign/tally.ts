/** How often each thing has happened, by its name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, this.of(name) + by);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Those whose name begins with `prefix`, together. */
  sum(prefix: string): number {
    return this.names(prefix).reduce((sum, name) => sum + this.of(name), 0);
  }

  names(prefix: string): string[] {
    return [...this.#counts.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  }

  /** `name: count` of those that begin with `prefix`, without it. */
  told(prefix: string): string {
    return this.names(prefix)
      .map((name) => `${name.slice(prefix.length)}: ${this.of(name)}`)
      .join(", ");
  }
}
