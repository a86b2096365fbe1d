/**
 * Clients on the machine itself: node load-process.ts COUNT PAUSE-MS OVER-FILE. Ends when the file is there, and prints
 * what came of the calls.
 */
import { existsSync } from "node:fs";
import { runClients } from "../../clients.ts";
import { shopTexts } from "../shop-texts.ts";

const [clients = "", pauseMs = "", over = ""] = process.argv.slice(2);

const tally = await runClients({
  socketPath: "/run/combot/combot.sock",
  clients: Number(clients),
  pauseMs: Number(pauseMs),
  texts: shopTexts(),
  isOver: () => existsSync(over),
});
const { sent, ok, failures } = tally;
process.stdout.write(JSON.stringify({ sent, ok, failures: [...failures] }));
