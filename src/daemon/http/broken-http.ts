import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { CombotError } from "../../lib/errors.ts";
import { MethodNotAllowed, problemReply } from "./problems.ts";
import type { ProblemReply } from "./problems.ts";

// Not imported: as an ES module node:http hands out all of its exports, and so loads undici (7 MB, 60 ms) for nothing.
const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What Node's parser objects to, where HTTP has a status for it; anything else is a 400. */
const PARSER_FAULTS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "headers: more than 16 KiB"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "body: more chunk extensions than are read"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request: it did not arrive in time"],
};

/** Answers what is no HTTP request, where an answer can still be sent, and ends the connection. */
export function answerBrokenHttp(log: Pick<Logger, "debug">): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    // The error itself holds the raw packet, so nothing but its code is logged.
    log.debug({ code: error.code }, "broken request");
    const [status, detail] = PARSER_FAULTS[error.code ?? ""] ?? [400, "request: not HTTP that can be read"];
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else endWith(socket, problemReply(new CombotError("INVALID_REQUEST", detail), status));
  };
}

/** Requests that Node would answer by itself, with no body or not at all. */
export function refuseUnusualRequests(server: Server): void {
  server.on("connect", (_request, socket) => endWith(socket, problemReply(new MethodNotAllowed(["GET", "POST"]))));
  server.on("checkExpectation", (_request, response) => {
    const error = new CombotError("INVALID_REQUEST", "expect: only 100-continue is understood");
    const { status, headers, body } = problemReply(error, 417);
    response.writeHead(status, { ...headers, "content-length": body.length, connection: "close" }).end(body);
  });
}

/** The head is written by hand: there is no request to reply to. */
function endWith(socket: Duplex, { status, headers, body }: ProblemReply): void {
  const all = { ...headers, "content-length": body.length, connection: "close" };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on("error", () => socket.destroy());
  socket.end(
    Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n`), body]),
    () => socket.destroy(),
  );
}
