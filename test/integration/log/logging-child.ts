import { createInterface } from "node:readline";
import { createLog } from "../../../src/daemon/log/log.ts";

// Usage: logging-child.ts. For each line it is told as JSON it logs so many lines of so many characters on stderr, in one
// turn of the event loop, and says how many were dropped since the start, and the name of what was thrown, if anything.
// `exit` ends it at once.

interface Order {
  readonly lines: number;
  readonly length: number;
  readonly exit?: boolean;
}

const { log, dropped } = await createLog("info", {});
let count = 0;

function logSome({ lines, length }: Order): string | null {
  try {
    for (let line = 0; line < lines; line++) log.info({ count: count++, filler: "x".repeat(length) }, "a line");
    return null;
  } catch (thrown) {
    return String(thrown);
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line) as Order;
  const thrown = logSome(order);
  process.stdout.write(`${JSON.stringify({ dropped: dropped(), thrown })}\n`);
  if (order.exit) process.exit(0);
});
