import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { MIB } from "../../lib/units.ts";

/** Of all bodies on one listener together, from their first byte until they are answered. */
const MAX_BYTES = 16 * MIB;

/** What is smaller is not counted: the number of connections bounds it. */
const SMALL_BYTES = 4096;

interface Body {
  readonly request: IncomingMessage;
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

  /** @param refuse is to answer, and to end the connection. */
  constructor(refuse: (request: IncomingMessage) => void, limitBytes = MAX_BYTES) {
    this.#refuse = refuse;
    this.#limitBytes = limitBytes;
  }

  /** To be called as soon as the head is there, or some of the body is missed. */
  count(request: IncomingMessage, response: ServerResponse): void {
    if (!isLarge(request.headers)) return;
    const body: Body = { request, bytes: 0 };
    this.#open.add(body);
    request.on("data", ({ length }: Buffer) => this.#add(body, length));
    response.once("close", () => this.#forget(body));
  }

  #add(body: Body, bytes: number): void {
    if (!this.#open.has(body)) return;
    body.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#limitBytes) {
      const oldest = [...this.#open].find(({ request }) => !request.complete);
      if (!oldest) return;
      this.#forget(oldest);
      this.#refuse(oldest.request);
    }
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
