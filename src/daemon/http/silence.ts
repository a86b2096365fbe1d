import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Ends connections whose time is over, unless something waits to be read on them. After a stall of the event loop its
 * timers come first and the sockets next: a keep-alive that ran out meanwhile would reset a client that had long sent its
 * next request.
 */
export function endSilentConnections(server: Server): void {
  server.on("timeout", (socket: Socket) => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}
