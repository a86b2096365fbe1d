import type { Connections } from "../../src/lib/perf/load/caller.ts";
import type { PoolOptions } from "../../src/lib/perf/load/connection-pool.ts";
import { HttpConnection } from "../../src/lib/perf/load/connection.ts";

/** All of them open from the start to the end, as a chatbot's are for each of its pages: the one used longest ago is next. */
export class KeptConnections implements Connections {
  readonly #options: PoolOptions;
  readonly #kept: HttpConnection[] = [];
  readonly #line: ((connection: HttpConnection) => void)[] = [];
  #idle: HttpConnection[] = [];
  #next = 0;
  #lost = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get connections(): Iterable<HttpConnection> {
    return this.#kept;
  }

  /** Connections that the server has closed; others were opened in their place. */
  get lost(): number {
    return this.#lost;
  }

  async open(): Promise<void> {
    while (this.#kept.length < this.#options.maxConnections) {
      const connection = await HttpConnection.open(this.#options.address);
      this.#kept.push(connection);
      this.#idle.push(connection);
    }
  }

  async take(): Promise<HttpConnection> {
    const connection = this.#oldest();
    if (!connection) return new Promise((resolve) => this.#line.push(resolve));
    if (connection.isOpen) return connection;
    this.#lost += 1;
    const other = await HttpConnection.open(this.#options.address);
    this.#kept[this.#kept.indexOf(connection)] = other;
    return other;
  }

  give(connection: HttpConnection): void {
    const next = this.#line.shift();
    if (next) next(connection);
    else this.#idle.push(connection);
  }

  close(): void {
    for (const connection of this.#kept) connection.close();
  }

  #oldest(): HttpConnection | undefined {
    const oldest = this.#idle[this.#next];
    if (!oldest) return undefined;
    this.#next += 1;
    // Taken from the front of a list of thousands one by one, each would move all the others.
    if (this.#next > this.#options.maxConnections) {
      this.#idle = this.#idle.slice(this.#next);
      this.#next = 0;
    }
    return oldest;
  }
}
