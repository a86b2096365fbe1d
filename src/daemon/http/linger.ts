import type { Socket } from "node:net";
import { hangLimitMs } from "../../lib/slowness.ts";
import { free } from "./free.ts";

/** How long a client has to read the last reply while it is still sending; it may be on the same slow machine. */
export const LINGER_MS = hangLimitMs(1000);
/** Thrown away, to see the end of a client that has one. What is more stays in the kernel: to read it shows nobody more. */
const DISCARDED_BYTES = 65_536;

/**
 * Ends a connection whose client may still be sending. One that is closed over bytes that nobody has read is reset, and
 * the client may lose the replies that are on their way to it, or wait to be read: so our end is sent, and the rest waits
 * for the client's own end, or a moment.
 */
export function endSlowly(socket: Socket): void {
  if (!socket.destroyed && socket.writable) socket.end();
  // Nothing of what comes becomes a request any more.
  socket.removeAllListeners("data");
  socket.removeAllListeners("end");
  let leftBytes = DISCARDED_BYTES;
  socket.on("data", (chunk: Buffer) => {
    leftBytes -= chunk.length;
    free(chunk);
    if (leftBytes < 0) socket.pause();
  });
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  if (socket.readableEnded) destroyWhenSent(socket);
  else {
    socket.once("end", () => destroyWhenSent(socket));
    socket.resume();
  }
}

function destroyWhenSent(socket: Socket): void {
  if (socket.writableFinished) socket.destroy();
  else socket.once("finish", () => socket.destroy());
}
