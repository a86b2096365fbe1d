import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

/** How long a client has to read why the body that it is sending is not read; it may be on the same slow machine. */
const LINGER_MS = hangLimitMs(1000);

/**
 * Lets a client that sends before it reads see why its body was refused. A body of a call's size is read and thrown
 * away. One that is announced as larger stays in the kernel, and the connection is cut a moment later: to read a part of
 * it took processor time and showed the client nothing more. One that does not say its size is cut when more than a
 * call's worth has come.
 */
export function discard(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  if (!response.shouldKeepAlive) lingerOnClose(request.socket);
  if (Number(request.headers["content-length"]) > MAX_BODY_BYTES) leaveUnread(request, response);
  else readRest(request);
}

/**
 * A connection that is closed over bytes that nobody has read is reset, and the client may lose the reply: so its end is
 * sent, and the rest waits for the client's own end, or a moment.
 */
function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => clearTimeout(timer));
  };
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
