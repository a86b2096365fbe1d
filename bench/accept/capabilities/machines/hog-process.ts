/** Holds as many MiB as a file says, from one look at it to the next: node hog-process.ts FILE. Run with --expose-gc. */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const PIECE_BYTES = 1024 * 1024;
const [file = ""] = process.argv.slice(2);
const held: Buffer[] = [];

for (;;) {
  const pieces = Number(readFileSync(file, "utf8"));
  while (held.length < pieces) held.push(Buffer.allocUnsafeSlow(PIECE_BYTES).fill(1));
  if (held.length > pieces) {
    held.length = pieces;
    globalThis.gc?.();
  }
  await delay(100);
}
