import type { Address } from "./address.ts";
import type { Connections } from "./caller.ts";
import { HttpConnection } from "./connection.ts";

/** An idle connection is not used again after this long: the daemon closes its own after KEEPALIVE, 2 s by default. */
const IDLE_LIMIT_MS = 1000;

export interface PoolOptions {
  readonly address: Address;
  readonly maxConnections: number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

interface Idle {
  readonly connection: HttpConnection;
  readonly sinceMs: number;
}

/** Connections, opened as they are needed, the one used last taken first; beyond the limit a caller waits in line. */
export class ConnectionPool implements Connections {
  readonly #options: PoolOptions;
  readonly #all = new Set<HttpConnection>();
  readonly #idle: Idle[] = [];
  readonly #line: (() => void)[] = [];
  #inUse = 0;
  #opened = 0;
  #waited = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Those in use, and those idle. */
  get connections(): Iterable<HttpConnection> {
    return this.#all;
  }

  /** Connections made so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Calls that found every connection in use, and none allowed to be opened. */
  get waited(): number {
    return this.#waited;
  }

  /** @param isFresh open a new one, whatever is idle. @throws Node's own error where nobody listens. */
  async take(isFresh = false): Promise<HttpConnection> {
    if (this.#inUse >= this.#options.maxConnections) {
      this.#waited += 1;
      await new Promise<void>((resolve) => this.#line.push(resolve));
    }
    this.#inUse += 1;
    const idle = isFresh ? undefined : this.#takeIdle();
    if (idle) return idle;
    try {
      const connection = await HttpConnection.open(this.#options.address);
      this.#opened += 1;
      this.#all.add(connection);
      return connection;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  give(connection: HttpConnection): void {
    if (connection.isOpen) this.#idle.push({ connection, sinceMs: this.#options.now() });
    else this.#all.delete(connection);
    this.#release();
  }

  /** Those in use as well. */
  close(): void {
    this.#idle.length = 0;
    for (const connection of this.#all) this.#drop(connection);
  }

  #drop(connection: HttpConnection): void {
    this.#all.delete(connection);
    connection.close();
  }

  #release(): void {
    this.#inUse -= 1;
    this.#line.shift()?.();
  }

  #takeIdle(): HttpConnection | undefined {
    const oldestMs = this.#options.now() - IDLE_LIMIT_MS;
    const newest = this.#idle.pop();
    if (newest && newest.sinceMs >= oldestMs && newest.connection.isOpen) return newest.connection;
    // Those behind it have been idle for longer still, or the server has closed them all.
    if (newest) this.#drop(newest.connection);
    if (newest && newest.sinceMs < oldestMs) for (const { connection } of this.#idle.splice(0)) this.#drop(connection);
    return undefined;
  }
}
