import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import { hangLimitMs } from "../../../../src/lib/slowness.ts";
import { openBenchModel } from "../../../serve/model.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";

const BUSY_CLIENTS = 50;
const EVERY_MS = 1000;
const TEXTS = [
  "where is my parcel",
  "i would like to send back the shoes",
  "can i pay with two cards",
  "what are your hours",
];

/** Two models of MiniLM's size, both loaded: one is asked once a second, first alone, then while 50 clients ask the other. */
export async function* beside(say: (progress: string) => void, seconds: number): AsyncGenerator<Line> {
  const { dir } = await openBenchModel({ preset: "minilm-int8" }, say);
  const folder = mkdtempSync(join(tmpdir(), "combot-beside-"));
  mkdirSync(join(folder, "models"));
  for (const name of ["busy", "quiet"]) symlinkSync(dir, join(folder, "models", name));
  say("loading both models");
  const env = { COMBOT_MODELS_DIR: join(folder, "models"), PRELOAD: "false", WORKERS: "2", LOG_LEVEL: "error" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: hangLimitMs(60_000) });
  try {
    for (const name of ["quiet", "busy"]) await daemon.json("POST", `/api/models/${name}/load/?wait=true`);
    say(`asking one of them alone, once a second, ${seconds} s`);
    await askEachSecond(daemon, 5);
    const alone = await askEachSecond(daemon, seconds);
    say(`the same while ${BUSY_CLIENTS} clients ask the other, ${seconds} s`);
    const busy = keepBusy(daemon);
    await askEachSecond(daemon, 5);
    const both = await askEachSecond(daemon, seconds);
    const answered = await busy.stop();
    yield { what: "calls of the busy one", measured: answered.calls, target: "for the record", pass: true };
    const failed = answered.failures + alone.failures + both.failures;
    yield { what: "calls that failed", measured: failed, target: "0", pass: failed === 0 };
    const [p99Alone, p99Both] = [alone, both].map(({ tookMs }) => quantile(tookMs, 0.99)) as [number, number];
    yield {
      what: "p99 of the other one alone, ms",
      measured: round(p99Alone, 1),
      target: "for the record",
      pass: true,
    };
    yield { what: "p99 of it beside, ms", measured: round(p99Both, 1), target: "for the record", pass: true };
    const times = round(p99Both / p99Alone);
    yield { what: "times as long", measured: times, target: "at most 2", pass: times <= 2 };
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Asked {
  readonly tookMs: number[];
  failures: number;
}

async function askEachSecond({ socketPath }: PrivateDaemon, seconds: number): Promise<Asked> {
  const asked: Asked = { tookMs: [], failures: 0 };
  const agent = keepAliveAgent(1);
  for (let second = 0; second < seconds; second++) {
    const from = performance.now();
    const body = { text: `${TEXTS[second % TEXTS.length]} ${second}`, model: "quiet", noCache: true };
    const { status } = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
    const tookMs = performance.now() - from;
    asked.tookMs.push(tookMs);
    if (status !== 200) asked.failures += 1;
    await delay(Math.max(0, EVERY_MS - tookMs));
  }
  agent.destroy();
  return asked;
}

/** A closed loop of many clients. */
function keepBusy({ socketPath }: PrivateDaemon): { stop(): Promise<{ calls: number; failures: number }> } {
  const agent = keepAliveAgent(BUSY_CLIENTS);
  const told = { calls: 0, failures: 0 };
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const body = { text: `${TEXTS[told.calls++ % TEXTS.length]} ${told.calls}`, model: "busy", noCache: true };
      const { status } = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent });
      if (status !== 200) told.failures += 1;
    }
  };
  const clients = Promise.all(Array.from({ length: BUSY_CLIENTS }, client));
  return {
    stop: async () => {
      isOver = true;
      await clients;
      agent.destroy();
      return told;
    },
  };
}
