import { systemCodeOf } from "../../errors.ts";
import { LATENCY_CLASSES } from "../../protocol/latency-classes.ts";
import type { LatencyClass } from "../../protocol/latency-classes.ts";
import { ConnectionLostError } from "./connection.ts";
import type { HttpConnection, HttpReply } from "./connection.ts";

/** What came of a request. */
export type Outcome =
  | { readonly source: LatencyClass; readonly serverMs: number | undefined }
  /** A code of the table of errors, or one of this file's. */
  | { readonly code: string };

/** Where a caller has its connections from. */
export interface Connections {
  /** Those that are open, in use or not. */
  readonly connections: Iterable<HttpConnection>;
  /** @param isFresh open a new one, whatever is idle. @throws Node's own error where nobody listens. */
  take(isFresh?: boolean): Promise<HttpConnection>;
  give(connection: HttpConnection): void;
  close(): void;
}

const TIMED_OUT = "no reply in time";
const SWEEP_MS = 100;

/** Asks, and makes out what came back. */
export class Caller {
  readonly #pool: Connections;
  readonly #path: string;
  readonly #headers: string;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #retried = 0;

  /** @param headers of every request, each ended by CRLF. @param timeoutMs from its sending. */
  constructor(pool: Connections, path: string, headers: string, timeoutMs: number, now: () => number) {
    this.#pool = pool;
    this.#path = path;
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
    // One timer for all of them: one for each would cost more than the rest of the client.
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Requests that met a connection which the server was closing, and were sent again over a new one. */
  get retried(): number {
    return this.#retried;
  }

  /** Never rejects. */
  async ask(json: string): Promise<Outcome> {
    try {
      return outcomeOf(await this.#send(json, false));
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code !== "CONNECTION_LOST" || !(thrown as ConnectionLostError).isUnanswered) return { code };
    }
    this.#retried += 1;
    return this.#send(json, true).then(outcomeOf, (thrown: unknown) => ({ code: codeOf(thrown) }));
  }

  close(): void {
    clearInterval(this.#timer);
    this.#pool.close();
  }

  async #send(json: string, isFresh: boolean): Promise<HttpReply> {
    const connection = await this.#pool.take(isFresh);
    connection.inUseSinceMs = this.#now();
    try {
      return await connection.post(this.#path, json, this.#headers);
    } finally {
      connection.inUseSinceMs = Infinity;
      this.#pool.give(connection);
    }
  }

  #sweep(): void {
    const oldestMs = this.#now() - this.#timeoutMs;
    for (const connection of this.#pool.connections)
      if (connection.inUseSinceMs < oldestMs) connection.close(TIMED_OUT);
  }
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof ConnectionLostError)) return systemCodeOf(thrown) ?? "CONNECTION_FAILED";
  return thrown.message === TIMED_OUT ? "TIMEOUT" : "CONNECTION_LOST";
}

interface Reply {
  readonly results?: readonly { readonly cached?: unknown }[];
  readonly durationMs?: number;
  readonly code?: unknown;
}

function outcomeOf({ status, body }: HttpReply): Outcome {
  const reply = parse(body);
  if (status !== 200) return { code: typeof reply?.code === "string" ? reply.code : `HTTP_${status}` };
  const [result] = reply?.results ?? [];
  if (!result) return { code: "REPLY_INVALID" };
  return { source: LATENCY_CLASSES.find((name) => name === result.cached) ?? "computed", serverMs: reply?.durationMs };
}

function parse(body: Buffer): Reply | undefined {
  try {
    return JSON.parse(body.toString("utf8")) as Reply;
  } catch {
    return undefined;
  }
}
