import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DEMO_TEXTS } from "../demo/texts.ts";
import { LAUNCHER, PrivateDaemon } from "../support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../support/socket-request.ts";
import { Terminal } from "../support/terminal.ts";
import { drawScreen } from "./svg.ts";

/** docs/pictures/monitor.svg: the live table on a real terminal, of a daemon that answers a shop's customers. */
const TARGET = fileURLToPath(new URL("../../docs/pictures/monitor.svg", import.meta.url));
const [WIDTH, HEIGHT] = [120, 34];
const SECONDS = 75;
const CALLS_A_SECOND = 40;
/** Of the calls; the others are texts that nobody asked before. */
const REPEATED = 0.7;

const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
const terminal = await Terminal.start({
  width: WIDTH,
  height: HEIGHT,
  command: [process.execPath, LAUNCHER, "monitor", "--socket", daemon.socketPath].join(" "),
  env: { FORCE_COLOR: "1" },
});
try {
  await keepAsking(SECONDS);
  const screen = await terminal.screen({ colours: true });
  mkdirSync(new URL(".", `file://${TARGET}`), { recursive: true });
  writeFileSync(TARGET, drawScreen(screen, { width: WIDTH, title: "combot monitor" }));
  process.stdout.write(`${TARGET}\n`);
} finally {
  await terminal.end();
  await daemon.stop();
}

async function keepAsking(seconds: number): Promise<void> {
  const agent = keepAliveAgent(2);
  for (let call = 0; call < seconds * CALLS_A_SECOND; call++) {
    const isRepeated = Math.random() < REPEATED;
    const text = `${DEMO_TEXTS[call % DEMO_TEXTS.length]}${isRepeated ? "" : ` (${call})`}`;
    const body = { text, user: `user ${call % 90}` };
    // In its turn a crowd comes: a line that is flat says little of what it can show.
    const pauseMs = call % 400 < 100 ? 8 : 1000 / CALLS_A_SECOND;
    void callSocket({ socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body, agent }).catch(
      () => undefined,
    );
    await delay(pauseMs);
  }
  agent.destroy();
}
