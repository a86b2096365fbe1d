import type { RedisConnection } from "./redis-connection.ts";

interface Wanted {
  readonly name: string;
  readonly resolve: (entry: Buffer | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys in one command, at most: it must hold Redis up for nobody. */
const AT_ONCE = 100;

/**
 * Asks for what is wanted in one turn of the event loop with one command: a command costs this process more than the
 * key in it.
 */
export class RedisReads {
  readonly #connection: RedisConnection;
  #wanted: Wanted[] = [];

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** @throws what the connection throws. */
  get(name: string): Promise<Buffer | null> {
    if (this.#wanted.length === 0) setImmediate(() => this.#flush());
    return new Promise((resolve, reject) => {
      this.#wanted.push({ name, resolve, reject });
    });
  }

  #flush(): void {
    const wanted = this.#wanted;
    this.#wanted = [];
    for (let from = 0; from < wanted.length; from += AT_ONCE) void this.#ask(wanted.slice(from, from + AT_ONCE));
  }

  async #ask(wanted: readonly Wanted[]): Promise<void> {
    const names = wanted.map(({ name }) => name);
    try {
      const entries = await this.#connection.run((redis) => redis.getAll(names));
      for (const [at, { resolve }] of wanted.entries()) resolve(entries[at] ?? null);
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }
}
