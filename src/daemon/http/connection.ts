import { writeSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { endSlowly } from "./linger.ts";
import { Pipeline } from "./pipeline.ts";

const CONNECTION = Symbol("connection");

/** From the begin of a request to the end of what its client sends, where that client still waits for an answer. */
const SAID_ALL_MS = 100;
const IS_CLOSE = /(?:^|,)\s*close\s*(?:$|,)/iu;
const NOTHING = Buffer.alloc(0);

type Marked = Socket & { [CONNECTION]?: Connection };
type Due = ServerResponse & { [CONNECTION]?: Connection };

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
  readonly #isTcp: boolean;
  #begunAtMs = 0;

  constructor(socket: Socket, at: number) {
    this.socket = socket;
    this.#isTcp = socket.remoteAddress !== undefined;
    socket.once("end", () => this.#halfClosed());
    socket.destroySoon = () => this.#end();
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
    if (this.#isTcp) this.#begunAtMs = performance.now();
    this.#responses.push(response);
    (response as Due)[CONNECTION] = this;
    response.on("close", ended);
  }

  end(response: ServerResponse): void {
    const at = this.#responses.indexOf(response);
    if (at < 0) return;
    this.#responses.splice(at, 1);
    if (this.#last) this.#endIfReplied();
    else this.#pipeline.next();
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

  /** What comes is thrown away. */
  endSlowly(): void {
    this.#pipeline.leave();
    endSlowly(this.socket);
  }

  /** The last reply is out, as Node tells. Who asked for it to be the last has said that nothing comes behind. */
  #end(): void {
    const { socket } = this;
    const last = this.#responses[0];
    if (last?.req.complete && isAskedToBeLast(last.req)) Socket.prototype.destroySoon.call(socket);
    else this.endSlowly();
  }

  /**
   * The client has shut its sending side. It waits for its answer, or it has gone: on a Unix socket the kernel tells which,
   * over TCP both look alike, and it is taken to wait where that was the end of what it sent, at once.
   */
  #halfClosed(): void {
    if (!this.isBusy) return;
    const waits = this.#isTcp ? performance.now() - this.#begunAtMs < SAID_ALL_MS : isTaken(this.socket);
    if (waits) this.sayClose();
    else this.socket.destroy();
  }

  /** A request that has not come whole is not going to be answered, unless it has been already. */
  #endIfReplied(): void {
    const isDue = (response: ServerResponse): boolean => response.req.complete || response.headersSent;
    if (this.#responses.some(isDue)) return;
    this.#last?.();
    this.#last = nothing;
  }
}

/** RFC 9112, 9.6. */
function isAskedToBeLast({ httpVersion, headers: { connection } }: IncomingMessage): boolean {
  return httpVersion === "1.0" || (connection !== undefined && IS_CLOSE.test(connection));
}

/** One for all replies: a closure for each costs every call. */
function ended(this: ServerResponse): void {
  (this as Due)[CONNECTION]?.end(this);
}

/** Whether somebody could still read: a write of nothing fails where both sides are shut (unix(7)). */
function isTaken(socket: Socket): boolean {
  // Node has no word for it; test/integration/http/half-heard.test.ts watches it.
  const fd = (socket as { ["_handle"]?: { readonly fd?: number } })["_handle"]?.fd ?? -1;
  if (fd < 0) return false;
  try {
    writeSync(fd, NOTHING);
    return true;
  } catch {
    return false;
  }
}

function nothing(): void {}
