import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Pipeline } from "./pipeline.ts";

const CONNECTION = Symbol("connection");

type Marked = Socket & { [CONNECTION]?: Connection };

/** The connection that a socket belongs to; undefined where nobody keeps account of it. */
export function connectionOf(socket: Socket): Connection | undefined {
  return (socket as Marked)[CONNECTION];
}

/** An open connection, and the replies that are due on it. */
export class Connection {
  readonly socket: Socket;
  /** Its place among those that are open. */
  at: number;
  /** Kept here: a reply whose connection dies before its turn never says that it is closed. */
  readonly #responses: ServerResponse[] = [];
  readonly #pipeline: Pipeline;
  #last: (() => void) | undefined;

  constructor(socket: Socket, at: number) {
    this.socket = socket;
    this.at = at;
    this.#pipeline = new Pipeline(socket, () => this.#responses.length > 0);
    (socket as Marked)[CONNECTION] = this;
  }

  get isBusy(): boolean {
    return this.#responses.length > 0;
  }

  /** A request of a pipeline waits for the reply before it. */
  get isHolding(): boolean {
    return this.#pipeline.isHolding;
  }

  begin(response: ServerResponse): void {
    this.#responses.push(response);
    response.once("close", () => {
      this.#responses.splice(this.#responses.indexOf(response), 1);
      if (this.#last) this.#endIfReplied();
      else this.#pipeline.next();
    });
  }

  /** Replies that have not begun yet are the connection's last. */
  sayClose(): void {
    for (const response of this.#responses) {
      if (!response.headersSent) response.setHeader("connection", "close");
    }
  }

  /** Reads nothing until `wake`: others have their turn. */
  rest(): void {
    this.#pipeline.rest();
  }

  wake(): void {
    this.#pipeline.wake();
  }

  /** What the parser gave back when it was told to stop. */
  keep(packet: Buffer, bytesParsed: number): void {
    this.#pipeline.keep(packet, bytesParsed);
  }

  /** Reads nothing any more, and calls back once when all replies that are due have left; a second call is void. */
  endWith(last: () => void): void {
    if (this.#last) return;
    this.#last = last;
    this.#pipeline.stop();
    this.#endIfReplied();
  }

  /** A request that has not come whole is not going to be answered, unless it has been already. */
  #endIfReplied(): void {
    const isDue = (response: ServerResponse): boolean => response.req.complete || response.headersSent;
    if (this.#responses.some(isDue)) return;
    this.#last?.();
    this.#last = nothing;
  }
}

function nothing(): void {}
