/**
 * Takes and gives back anonymous memory on order: a message is the number of bytes to hold, the answer is "held". Run
 * with --expose-gc, since given back means unmapped now.
 */
const PIECE_BYTES = 2 * 1024 * 1024;
const held: Buffer[] = [];

process.on("message", (bytes: number) => {
  const pieces = Math.max(0, Math.round(bytes / PIECE_BYTES));
  // Filled, or the kernel would not give a page to it.
  while (held.length < pieces) held.push(Buffer.allocUnsafeSlow(PIECE_BYTES).fill(1));
  if (held.length > pieces) {
    held.length = pieces;
    globalThis.gc?.();
  }
  process.send?.("held");
});
process.on("disconnect", () => process.exit(0));
