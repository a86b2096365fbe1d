import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { CombotError } from "../../lib/errors.ts";
import { connectionOf } from "./connection.ts";
import { endSlowly } from "./linger.ts";
import { MethodNotAllowed, problemReply } from "./problems.ts";
import { goOnWithoutBody } from "./expect-continue.ts";
import { newRequestId, requestIdOf } from "./request-id.ts";

// Not imported: as an ES module node:http hands out all of its exports, and so loads undici (7 MB, 60 ms) for nothing.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What Node's parser objects to, where HTTP has a status for it; anything else is a 400. */
const PARSER_FAULTS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "headers: more than 16 KiB"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "body: more chunk extensions than are read"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request: it did not arrive in time"],
};

const UNREADABLE = [400, "request: not HTTP that can be read"] as const;

/** Of those whose time is over at the same moment, so many are answered in one turn of the event loop. */
const ANSWERED_A_TURN = 16;

/** What the parser says; of the last two only where it looked at what was read. */
export interface ParserError extends NodeJS.ErrnoException {
  readonly rawPacket?: unknown;
  readonly bytesParsed?: unknown;
}

/**
 * Answers what is no HTTP request, where an answer can still be sent, and ends the connection: when what came before it
 * has its replies, since among these it would be taken for a part of one. A thousand clients that dawdle are given up at
 * once, which takes 80 ms: others get their turn meanwhile.
 */
export function answerBrokenHttp(log: Pick<Logger, "debug">): (error: ParserError, socket: Socket) => void {
  const waiting: (() => void)[] = [];
  const answerSome = (): void => {
    for (const answer of waiting.splice(0, ANSWERED_A_TURN)) answer();
    if (waiting.length > 0) setImmediate(answerSome);
  };
  return ({ code = "", rawPacket, bytesParsed }, socket) => {
    const connection = connectionOf(socket);
    if (code === "HPE_PAUSED" && Buffer.isBuffer(rawPacket)) return connection?.keep(rawPacket, Number(bytesParsed));
    // It is us who let it wait.
    if (code === "ERR_HTTP_REQUEST_TIMEOUT" && connection?.isHolding) return;
    // The error itself holds the raw packet, so nothing but its code is logged.
    log.debug({ code }, "broken request");
    if (code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const answer = (): void => endWith(socket, faultPacket(...(PARSER_FAULTS[code] ?? UNREADABLE)));
    // What it sends meanwhile is not read, or it might become a request after all.
    socket.pause();
    inOrder(socket, () => {
      if (waiting.push(answer) === 1) setImmediate(answerSome);
    });
  };
}

function faultPacket(status: number, detail: string): Buffer {
  return packetOf(new CombotError("INVALID_REQUEST", detail), status);
}

/** Requests that Node would answer by itself, with no body or not at all. */
export function refuseUnusualRequests(server: Server): void {
  server.on("connect", (_request, socket) => refuseConnection(socket, new MethodNotAllowed(["GET", "POST"])));
  // Whoever refuses the call does so before it is told to go on: see `goOn`.
  server.on("checkContinue", (request, response) => {
    goOnWithoutBody(request, response);
    server.emit("request", request, response);
  });
  server.on("checkExpectation", (request, response) => {
    const error = new CombotError("INVALID_REQUEST", "expect: only 100-continue is understood");
    const requestId = requestIdOf(request.headers["x-request-id"]);
    const { status, headers, body } = problemReply(error, { status: 417, requestId });
    response.writeHead(status, { ...headers, "content-length": body.length, connection: "close" }).end(body);
  });
}

/** What comes next on this connection gets this for an answer, after the replies that are due before it. */
export function refuseConnection(socket: Duplex, error: CombotError): void {
  inOrder(socket as Socket, () => endWith(socket, packetOf(error)));
}

/** The head is written by hand: there is no request to reply to. */
function packetOf(error: CombotError, ownStatus?: number): Buffer {
  const named = { requestId: newRequestId(), ...(ownStatus === undefined ? {} : { status: ownStatus }) };
  const { status, headers, body } = problemReply(error, named);
  const all = { ...headers, "content-length": body.length, connection: "close" };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n`), body]);
}

function closeSlowly(socket: Socket): void {
  const connection = connectionOf(socket);
  if (connection) connection.endSlowly();
  else endSlowly(socket);
}

function inOrder(socket: Socket, act: () => void): void {
  const connection = connectionOf(socket);
  if (connection) connection.endWith(act);
  else act();
}

function endWith(socket: Duplex, packet: Buffer): void {
  // The reply before it was the last one, and said so.
  if (!socket.writable) return;
  socket.on("error", () => socket.destroy());
  socket.write(packet);
  closeSlowly(socket as Socket);
}
