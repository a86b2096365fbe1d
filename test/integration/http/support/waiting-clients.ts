import { createInterface } from "node:readline";
import { requestBytes, Wire } from "./wire.ts";

// Usage: waiting-clients.ts SOCKET CLIENTS PATH. Each asks once on a connection of its own and keeps it; says so, and at
// every line it is told each asks once more. Says the statuses, or null for a connection that ended without a reply.

const [socket = "", clients, path = "/"] = process.argv.slice(2);
const wires = Array.from({ length: Number(clients) }, () => new Wire(socket));

async function ask(): Promise<void> {
  for (const wire of wires) wire.send(requestBytes({ path }));
  const replies = await Promise.all(wires.map((wire) => wire.reply()));
  process.stdout.write(`${JSON.stringify(replies.map((reply) => reply?.status ?? null))}\n`);
}

await ask();
createInterface({ input: process.stdin }).on("line", () => void ask());
