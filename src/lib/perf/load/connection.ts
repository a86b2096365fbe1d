import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Address } from "./address.ts";

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
}

/** The connection ended before the reply did. */
export class ConnectionLostError extends Error {
  /** Nothing of a reply had come: the server may have closed an idle connection just as it was used again. */
  readonly isUnanswered: boolean;

  constructor(message: string, isUnanswered: boolean) {
    super(message);
    this.isUnanswered = isUnanswered;
  }
}

interface Pending {
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A keep-alive HTTP/1.1 connection for one call at a time. As little of a client as will do: it shares the cores of the
 * machine with what it measures. Takes replies with a Content-Length alone.
 */
export class HttpConnection {
  /** For whoever uses it; Infinity while nobody does. */
  inUseSinceMs = Infinity;
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #pending: Pending | undefined;
  #isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#end(error.message));
    socket.on("close", () => this.#end("the connection was closed"));
  }

  /** @throws Node's own error where nobody listens. */
  static async open(address: Address): Promise<HttpConnection> {
    const socket = connect(address);
    await once(socket, "connect");
    return new HttpConnection(socket);
  }

  /** False once the server has closed it, or said that it will. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * @param headers further ones, each ended by CRLF.
   * @throws {ConnectionLostError} if there is no whole reply.
   */
  post(path: string, json: string, headers = ""): Promise<HttpReply> {
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}`;
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) return reject(new ConnectionLostError("the connection was closed", true));
      this.#pending = { resolve, reject };
      this.#socket.write(`${head}content-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    });
  }

  /** At once; a call that waits for its reply fails. */
  close(reason = "the connection was closed"): void {
    this.#end(reason);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) return this.close("a reply without Content-Length");
    const bodyEnd = headEnd + 4 + Number(length);
    if (this.#received.length < bodyEnd) return;
    const body = this.#received.subarray(headEnd + 4, bodyEnd);
    this.#received = Buffer.alloc(0);
    if (/\r\nconnection: *close/i.test(head)) this.#isOpen = false;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve({ status: Number(head.slice(9, 12)), body });
    if (!this.#isOpen) this.#socket.destroy();
  }

  #end(reason: string): void {
    this.#isOpen = false;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(new ConnectionLostError(reason, this.#received.length === 0));
  }
}
