import type { Socket } from "node:net";
import { MIB } from "../../lib/units.ts";

/** Of all replies on one listener together that wait in this process because their clients don't read. */
const MAX_BYTES = 16 * MIB;

/** Cuts those off who are furthest behind, until the rest is within bounds. The kernel holds some 200 KB for each client. */
export function cutUnread(sockets: readonly Socket[], limitBytes = MAX_BYTES): void {
  let bytes = 0;
  for (const { writableLength } of sockets) bytes += writableLength;
  if (bytes <= limitBytes) return;
  for (const socket of sockets.toSorted((a, b) => b.writableLength - a.writableLength)) {
    if (bytes <= limitBytes) return;
    bytes -= socket.writableLength;
    socket.destroy();
  }
}
