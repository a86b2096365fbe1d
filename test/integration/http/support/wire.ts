import { createConnection } from "node:net";
import type { Socket } from "node:net";

/** A Unix socket, or a TCP port of this machine. */
export type Place = string | { readonly port: number; readonly host: string };

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection that sends what it is told, HTTP or not, and reads the replies. */
export class Wire {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(place: Place) {
    this.socket = typeof place === "string" ? createConnection(place) : createConnection(place);
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A server that has said all it had to say may close while we still write: what it said counts.
    this.socket.on("error", () => undefined);
    for (const event of ["end", "close"] as const) {
      this.socket.on(event, () => {
        this.#isOver = true;
        this.#wake();
      });
    }
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** The next reply that is not an interim one; undefined where the connection ends without. */
  async reply(): Promise<WireReply | undefined> {
    for (;;) {
      const reply = this.#take();
      if (reply && reply.status >= 200) return reply;
      if (reply) continue;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  end(): void {
    this.socket.destroy();
  }

  #take(): WireReply | undefined {
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return undefined;
    const [first = "", ...lines] = this.#received.subarray(0, headEnd).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => splitHeader(line)));
    const bodyEnd = headEnd + 4 + Number(headers["content-length"] ?? 0);
    if (this.#received.length < bodyEnd) return undefined;
    const body = this.#received.subarray(headEnd + 4, bodyEnd).toString("utf8");
    this.#received = this.#received.subarray(bodyEnd);
    return { status: Number(first.split(" ")[1]), headers, body };
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

export interface WireRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The bytes of a request; the length is counted, and a body is JSON, unless the headers say otherwise. */
export function requestBytes({ method = "GET", path, headers = {}, body }: WireRequest): Buffer {
  const payload = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const described = body === undefined ? {} : { "content-type": "application/json", "content-length": payload.length };
  const lines = Object.entries({ host: "localhost", ...described, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.concat([Buffer.from(`${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`), payload]);
}

/** One request over a connection of its own. */
export async function ask(place: Place, request: WireRequest | Buffer): Promise<WireReply> {
  const wire = new Wire(place).send(Buffer.isBuffer(request) ? request : requestBytes(request));
  const reply = await wire.reply();
  wire.end();
  if (!reply) throw new Error("the connection ended without a reply");
  return reply;
}
