import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setImmediate as whenRead, setTimeout as pause } from "node:timers/promises";
import { Connection, connectionOf } from "./connection.ts";
import { cutUnread } from "./unread.ts";

/** How long a connection without a request in work is spared once a drain has begun, and once more after the close. */
const LINGER_MS = 100;

/** Unread replies are looked for once in so many requests: it takes a look at each connection. */
const LOOK_EVERY_REQUESTS = 64;

/**
 * Knows which connections have a request in work, because a drain has to.
 *
 * In lists rather than in sets and maps, whose keys would come and go with every request: see `SlotMap`.
 *
 * Node's own `server.close()` ends the connections that are idle, forgets those that have sent nothing yet or half of
 * a request (with the server's timeouts gone, they keep it from closing for ever: nodejs/node#60617), and lets a
 * keep-alive connection that is busy now live on after its reply.
 */
export class Connections {
  readonly #server: Server;
  readonly #open: Connection[] = [];
  #draining = false;
  #begun = 0;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      const connection = new Connection(socket, this.#open.length);
      this.#open.push(connection);
      socket.once("close", () => this.#forget(connection));
    });
    const begin = (request: IncomingMessage, response: ServerResponse): void => this.#begin(request, response);
    server.prependListener("request", begin);
    server.prependListener("checkExpectation", begin);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Every reply from now on says `Connection: close`. To be called before the server is closed: it resolves when that
   * may be done. Idle connections get a moment before they are ended, because the request that a client is sending
   * just now would be lost, and so do those that were accepted last: with 50 busy clients, 6 restarts on an inherited
   * socket cut off 164 requests without that moment and none with it. Where the loop was busy that moment may be over
   * before what came in it is read, because timers come first: so all that has arrived is read before any is ended.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const connection of this.#open) connection.sayClose();
    if (this.#open.length > 0) await pause(LINGER_MS);
    await whenRead();
    const sweep = setInterval(() => void whenRead().then(() => this.#endUnoccupied()), LINGER_MS);
    this.#server.once("close", () => clearInterval(sweep));
  }

  #begin({ socket }: IncomingMessage, response: ServerResponse): void {
    connectionOf(socket)?.begin(response);
    this.#begun += 1;
    if (this.#begun % LOOK_EVERY_REQUESTS === 0) cutUnread(this.#open.map((connection) => connection.socket));
  }

  #endUnoccupied(): void {
    for (const { socket, isBusy } of this.#open) if (!isBusy) socket.destroy();
  }

  /** The last one takes its place. */
  #forget(connection: Connection): void {
    const last = this.#open.pop();
    if (!last || last === connection) return;
    last.at = connection.at;
    this.#open[last.at] = last;
  }
}
