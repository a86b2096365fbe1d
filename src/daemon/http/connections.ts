import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { setImmediate as whenRead, setTimeout as pause } from "node:timers/promises";
import { hangLimitMs } from "../../lib/slowness.ts";
import { Connection, connectionOf } from "./connection.ts";
import { cutUnread } from "./unread.ts";

/**
 * How long everybody is answered as before once a drain has begun, but for being told to close. Whoever calls more often
 * than that has then left by himself: to end a connection that is between two calls loses the one that is on its way.
 * Callers on a slow machine are slow themselves; a third of what a drain has is left for what they asked.
 */
const LEAVE_MS = Math.min(hangLimitMs(1000), 10_000);

/** How often the connections are ended, after the close, that have no request in work. */
const SWEEP_MS = 100;

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
   * may be done, as soon as nobody is connected. Idle connections get a while before they are ended, because the request
   * that a client is sending just now would be lost, and so do those that were accepted last: with 50 busy clients,
   * 6 restarts on an inherited socket cut off 164 requests without that and none with it; with 50 that pause for 300 ms,
   * 10 restarts cut off 12 where the while was 100 ms. Where the loop was busy it may be over before what came in it
   * is read, because timers come first: so all that has arrived is read before any is ended.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const connection of this.#open) connection.sayClose();
    for (const until = performance.now() + LEAVE_MS; this.#open.length > 0 && performance.now() < until;)
      await pause(SWEEP_MS);
    await whenRead();
    const sweep = setInterval(() => void whenRead().then(() => this.#endUnoccupied()), SWEEP_MS);
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
