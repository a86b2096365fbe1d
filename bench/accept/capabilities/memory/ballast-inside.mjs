// Loaded into the daemon before its own program: the daemon itself takes and gives back memory on order. A line with a
// number on the socket is how many bytes to hold; the answer is "held".
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const PIECE_BYTES = 2 * 1024 * 1024;
const held = [];

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

function hold(bytes) {
  const pieces = Math.max(0, Math.round(bytes / PIECE_BYTES));
  // Filled, or the kernel would not give a page to it.
  while (held.length < pieces) held.push(Buffer.allocUnsafeSlow(PIECE_BYTES).fill(1));
  if (held.length === pieces) return;
  held.length = pieces;
  collect();
}

// The launcher loads this too, and then becomes the daemon: what it left of the socket is in the way.
rmSync(process.env.BALLAST_SOCKET, { force: true });
const server = createServer((connection) => {
  createInterface({ input: connection }).on("line", (line) => {
    hold(Number(line));
    connection.write("held\n");
  });
});
server.listen(process.env.BALLAST_SOCKET).unref();
