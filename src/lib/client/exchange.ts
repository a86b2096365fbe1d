import type { Agent, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isRemote } from "./place.ts";
import type { Place, Target } from "./place.ts";

// Not imported: the import of node:http as an ES module reads all of its exports, WebSocket among them, and with that
// loads undici and HTTP/2, 60 ms that nothing here needs (measured on Node 24).
const { Agent: HttpAgent, request } = process.getBuiltinModule("node:http");

/** To a machine elsewhere: one that drops what comes would be waited for for two minutes. */
const CONNECT_LIMIT_MS = 10_000;

/** One HTTP request. */
export interface Order {
  readonly agent: Agent;
  readonly to: Target;
  readonly method: string;
  /** With the query, if any. */
  readonly path: string;
  readonly body?: string | undefined;
  /** Beside those that every call has. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RawReply {
  readonly status: number;
  /** Seconds; undefined without the header or where it holds a date. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: string;
}

/** Keeps connections, which do not keep the process. */
export function openAgent(place: Place): Agent {
  const isTls = isRemote(place) && place.url.protocol === "https:";
  return isTls ? new (https().Agent)({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
}

/** Where it is wanted. */
function https(): typeof import("node:https") {
  return process.getBuiltinModule("node:https");
}

/** Sends the order once. Rejects with Node's own error where there is no whole reply. */
export function exchange(order: Order): Promise<RawReply> {
  return new Promise((resolve, reject) => send(order, {}, (reply) => collect(reply, resolve, reject), reject));
}

/** Sends the order once; the reply's body is read as it comes, if it is a stream of events, and else as a whole. */
export function openStream(order: Order, lastEventId: string | undefined): Promise<IncomingMessage | RawReply> {
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  return new Promise((resolve, reject) => {
    const onReply = (reply: IncomingMessage): void => {
      if (reply.headers["content-type"] !== "text/event-stream") return collect(reply, resolve, reject);
      // Whoever reads it learns of the error all the same; before that, nobody must be listening for it not to be fatal.
      reply.setEncoding("utf8").on("error", () => undefined);
      resolve(reply);
    };
    send(order, headers, onReply, reject);
  });
}

function send(
  { body, signal, headers: own, agent, method, path, to }: Order,
  more: Readonly<Record<string, string>>,
  onReply: (reply: IncomingMessage) => void,
  onError: (error: Error) => void,
): void {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const headers = { accept: "application/json", ...to.headers, ...type, ...own, ...more };
  const order = { ...to.connection, agent, method, path: to.under + path, headers, ...(signal && { signal }) };
  const asked = to.isTls ? https().request(order, onReply) : request(order, onReply);
  if ("host" in to.connection) asked.on("socket", (socket) => limitConnect(socket));
  asked.on("error", onError).end(body);
}

function limitConnect(socket: Socket): void {
  if (!socket.connecting) return;
  const late = Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => socket.destroy(late), CONNECT_LIMIT_MS);
  for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(timer));
}

function collect(reply: IncomingMessage, resolve: (raw: RawReply) => void, reject: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  reply.on("data", (chunk: Buffer) => chunks.push(chunk));
  reply.on("error", reject);
  reply.on("end", () => {
    const after = Number(reply.headers["retry-after"] ?? NaN);
    const retryAfterSeconds = Number.isFinite(after) ? after : undefined;
    resolve({ status: reply.statusCode ?? 0, retryAfterSeconds, body: Buffer.concat(chunks).toString("utf8") });
  });
}
