import { setTimeout as delay } from "node:timers/promises";
import type { CleanupReply } from "../../../../src/lib/protocol/cleanup.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { Floor } from "./floor.ts";

const ROUNDS = 11;
const WORKERS = 2;
const BUSY_ROUNDS = 5;
/** So that the governor, which looks once a second, has seen the workers that came. */
const IDLE_MS = 2000;

/** A forced cleanup: of idle workers over the ends of as many bare processes, and beneath 50 clients. */
export async function* cleanupTime(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, WORKERS: String(WORKERS) };
  const cgroup = new MemoryCgroup("combot-cleanup");
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: 120_000 });
  const clean = () => daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "force" });
  const load = { socketPath: daemon.socketPath, clients: 50, texts: shopTexts() };
  try {
    const floor = await Floor.of(daemon, modelDir);
    const ends: number[] = [];
    const times: number[] = [];
    const errors: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      await daemon.json("POST", "/api/model/load/?wait=true");
      await runClients({ ...load, calls: 100 });
      await delay(IDLE_MS);
      const bare = await Promise.all(Array.from({ length: WORKERS }, () => floor.measure()));
      ends.push(bare.reduce((sum, { endMs }) => sum + endMs, 0));
      const before = cgroup.anonymousBytes;
      const { durationMs, freedBytes } = await clean();
      const counted = before - cgroup.anonymousBytes;
      times.push(durationMs);
      errors.push(Math.abs(freedBytes - counted) / counted);
      say(`cleaned up ${turn + 1} of ${ROUNDS} times`);
    }
    const ratio = round(median(times) / median(ends));
    yield {
      what: `cleanup force of ${WORKERS} workers idle for ${IDLE_MS / 1000} s, measuring included, over the ends of as many bare processes (medians of ${ROUNDS}: ${round(median(times), 0)} and ${round(median(ends), 0)} ms)`,
      measured: ratio,
      target: "at most 1.3",
      pass: ratio <= 1.3,
    };
    const off = round(median(errors) * 100, 1);
    yield {
      what: `bytes said to be given back against the cgroup's count, median deviation in % (worst ${round(Math.max(...errors) * 100, 1)})`,
      measured: off,
      target: "at most 5",
      pass: off <= 5,
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
    cgroup.remove();
  }
}
