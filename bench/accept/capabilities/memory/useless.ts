import { setTimeout as delay } from "node:timers/promises";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { shopTexts } from "../shop-texts.ts";
import { decisionsOf } from "./daemon-log.ts";
import { inCgroup } from "./pressure.ts";

const CRITICAL = 0.92;
const SETTLE_MS = 1500;
const WATCHED_MS = 4 * 60_000;

/** PAINS 9: a reading that stays at critical whatever is recycled. */
export async function* useless(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const { daemon, ballast, end } = await inCgroup(modelDir);
  try {
    await ballast.hold(CRITICAL);
    await delay(SETTLE_MS);
    // From here on what is recycled comes back as large as it was.
    await ballast.rest();
    let running = true;
    const load = { socketPath: daemon.socketPath, clients: 4, texts: shopTexts(), pauseMs: 200 };
    const clients = runClients({ ...load, isOver: () => !running });
    for (const until = performance.now() + WATCHED_MS; performance.now() < until; await delay(10_000))
      say(`PAINS 9: ${Math.round((until - performance.now()) / 1000)} s left`);
    running = false;
    const { sent, ok } = await clients;
    const cleanups = await decisionsOf(daemon, "force cleanup");
    const holds = await decisionsOf(daemon, "hold");
    const { level } = await daemon.json<MemoryReport>("GET", "/api/memory/");
    yield { what: "PAINS 9: level after 4 min", measured: level, target: "critical", pass: level === "critical" };
    yield {
      what: "PAINS 9: forced cleanups",
      measured: cleanups.length,
      target: "1 to 3",
      pass: cleanups.length >= 1 && cleanups.length <= 3,
    };
    yield { what: "PAINS 9: decisions to hold", measured: holds.length, target: "1", pass: holds.length === 1 };
    yield {
      what: "PAINS 9: what it says",
      measured: holds[0]?.reason ?? "",
      target: "5 recycles in 10 minutes",
      pass: holds[0]?.reason.includes("5 recycles in 10 minutes") ?? false,
    };
    yield { what: `PAINS 9: calls failed of ${sent}`, measured: sent - ok, target: "0", pass: sent === ok };
  } finally {
    await end();
  }
}
