import type { CleanupReply } from "../../../../src/lib/protocol/cleanup.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { Floor } from "./floor.ts";

const ROUNDS = 11;
const WORKERS = 2;
const BUSY_ROUNDS = 5;

/** A forced cleanup: of idle workers over the ends of as many bare processes, and beneath 50 clients. */
export async function* cleanupTime(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, WORKERS: String(WORKERS) };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  const clean = () => daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "force" });
  const load = { socketPath: daemon.socketPath, clients: 50, texts: shopTexts() };
  try {
    const floor = await Floor.of(daemon, modelDir);
    const ends: number[] = [];
    const times: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      await daemon.json("POST", "/api/model/load/?wait=true");
      await runClients({ ...load, calls: 100 });
      const bare = await Promise.all(Array.from({ length: WORKERS }, () => floor.measure()));
      ends.push(bare.reduce((sum, { endMs }) => sum + endMs, 0));
      times.push((await clean()).durationMs);
      say(`cleaned up ${turn + 1} of ${ROUNDS} times`);
    }
    const ratio = round(median(times) / median(ends));
    yield {
      what: `cleanup force of ${WORKERS} idle workers, measuring included, over the ends of as many bare processes (medians of ${ROUNDS}: ${round(median(times), 0)} and ${round(median(ends), 0)} ms)`,
      measured: ratio,
      target: "at most 1.3",
      pass: ratio <= 1.3,
    };
    let running = true;
    const clients = runClients({ ...load, isOver: () => !running });
    const busy: number[] = [];
    for (let turn = 0; turn < BUSY_ROUNDS; turn++) busy.push((await clean()).durationMs);
    running = false;
    const { sent, ok } = await clients;
    const longest = round(Math.max(...busy) / 1000);
    yield {
      what: `the longest of ${BUSY_ROUNDS} under 50 clients, s`,
      measured: longest,
      target: "under 5",
      pass: longest < 5,
    };
    yield { what: "calls failed meanwhile", measured: sent - ok, target: "0", pass: sent === ok };
  } finally {
    await daemon.stop();
  }
}
