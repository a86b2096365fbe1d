import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";
import { LINGER_MS } from "./linger.ts";

/**
 * Lets a client that sends before it reads see why its body was refused. A body of a call's size is read and thrown
 * away. One that is announced as larger stays in the kernel, and the connection is cut a moment later: to read a part of
 * it took processor time and showed the client nothing more. One that does not say its size is cut when more than a
 * call's worth has come.
 */
export function discard(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES) leaveUnread(request, response);
  else readRest(request);
}

function leaveUnread({ socket }: IncomingMessage, response: ServerResponse): void {
  // When the reply is out, Node begins to read what is left, whoever wants it: it is stopped after that.
  response.once("finish", () => setImmediate(() => socket.pause()));
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function readRest(request: IncomingMessage): void {
  let leftBytes = MAX_BODY_BYTES;
  request.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) request.socket.destroy();
  });
}
