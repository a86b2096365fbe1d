import type { IncomingMessage } from "node:http";
import { MAX_BODY_BYTES } from "../../lib/protocol/classify.ts";

/**
 * Reads the rest of a body that was refused, so that a client which sends before it reads sees why, and cuts the
 * connection when more than a whole call's worth comes: a gigabyte for nobody is not even read.
 */
export function discard(request: IncomingMessage): void {
  if (request.complete) return;
  let leftBytes = MAX_BODY_BYTES;
  request.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) request.socket.destroy();
  });
}
