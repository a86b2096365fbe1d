import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { MIB } from "../../lib/units.ts";
import { connectionOf } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { free } from "./free.ts";

/** Of all bodies on one listener together, from their first byte until they are answered. */
const MAX_BYTES = 24 * MIB;

/** What is smaller is not counted: the number of connections bounds it. */
const SMALL_BYTES = 4096;

/** Read in one turn of the event loop, and of those who bring more, so many in each of the next ones. */
const TURN_BYTES = MIB / 2;
const WOKEN_A_TURN = 16;

interface Body {
  readonly request: IncomingMessage;
  readonly chunks: Buffer[];
  bytes: number;
}

/**
 * Bounds what bodies hold, those that are still coming and those of calls in work. Where they are too much, the one that
 * has been coming for longest gives way: who means it sends his body in one go, and who keeps it half-sent would keep
 * everybody else's room.
 */
export class Bodies {
  readonly #limitBytes: number;
  readonly #refuse: (request: IncomingMessage) => void;
  /** Oldest first. */
  readonly #open = new Set<Body>();
  #bytes = 0;
  #turnBytes = 0;
  readonly #resting: Connection[] = [];
  #isScheduled = false;

  /** @param refuse is to answer, and to end the connection. */
  constructor(refuse: (request: IncomingMessage) => void, limitBytes = MAX_BYTES) {
    this.#refuse = refuse;
    this.#limitBytes = limitBytes;
  }

  /** To be called as soon as the head is there, or some of the body is missed. */
  count(request: IncomingMessage, response: ServerResponse): void {
    if (!isLarge(request.headers)) return;
    const body: Body = { request, chunks: [], bytes: 0 };
    this.#open.add(body);
    request.on("data", (chunk: Buffer) => this.#add(body, chunk));
    // Whoever reads it has put it together by then.
    request.once("end", () => body.chunks.splice(0));
    response.once("close", () => this.#forget(body));
  }

  #add(body: Body, chunk: Buffer): void {
    if (!this.#open.has(body)) return;
    body.chunks.push(chunk);
    body.bytes += chunk.length;
    this.#bytes += chunk.length;
    this.#restIfMuch(body.request, chunk.length);
    while (this.#bytes > this.#limitBytes) {
      const oldest = [...this.#open].find(({ request }) => !request.complete);
      if (!oldest) return;
      this.#forget(oldest);
      this.#refuse(oldest.request);
      // Nobody is going to read them, and the collector comes when hundreds of others have been thrown away.
      for (const part of oldest.chunks) free(part);
    }
  }

  /** What hundreds bring at the same moment is neither read nor thrown away in one go. */
  #restIfMuch({ socket }: IncomingMessage, bytes: number): void {
    this.#turnBytes += bytes;
    this.#schedule();
    const connection = connectionOf(socket);
    if (this.#turnBytes <= TURN_BYTES || !connection) return;
    connection.rest();
    this.#resting.push(connection);
  }

  #nextTurn(): void {
    this.#isScheduled = false;
    this.#turnBytes = 0;
    for (const connection of this.#resting.splice(0, WOKEN_A_TURN)) connection.wake();
    if (this.#resting.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#nextTurn());
  }

  #forget(body: Body): void {
    if (this.#open.delete(body)) this.#bytes -= body.bytes;
  }
}

/** Without a length it comes in chunks, or there is none. One that is too large is refused unread. */
function isLarge(headers: IncomingHttpHeaders): boolean {
  const length = headers["content-length"];
  if (length === undefined) return headers["transfer-encoding"] !== undefined;
  return Number(length) > SMALL_BYTES;
}
