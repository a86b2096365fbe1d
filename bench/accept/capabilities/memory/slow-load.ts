import { setTimeout as delay } from "node:timers/promises";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const HELD_MS = 60_000;

/** PAINS 6: a load of 60 s (its process is stopped meanwhile): nobody restarts it, the daemon answers and says why. */
export async function* slowLoad(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, WORKERS: "1", PRELOAD: "false" };
  const daemon = await PrivateDaemon.start({ env, untilAnswering: true, startLimitMs: 120_000 });
  const worker = async () => (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).workers[0];
  try {
    await daemon.json("POST", "/api/model/load/");
    const born = await worker();
    process.kill(born?.pid ?? NaN, "SIGSTOP");
    say("PAINS 6: a load of 60 s");
    let longestMs = 0;
    const told = new Map<string, number>();
    for (const until = performance.now() + HELD_MS; performance.now() < until; await delay(100)) {
      const from = performance.now();
      const { status, text } = await daemon.ask("GET", "/api/health/");
      longestMs = Math.max(longestMs, performance.now() - from);
      const { detail } = (JSON.parse(text) as Health).checks.model;
      told.set(`${status}: ${detail}`, (told.get(`${status}: ${detail}`) ?? 0) + 1);
    }
    process.kill(born?.pid ?? NaN, "SIGCONT");
    await daemon.json("POST", "/api/model/load/?wait=true");
    const now = await worker();
    const same = now?.pid === born?.pid && now?.generation === born?.generation;
    yield {
      what: "PAINS 6: a load of 60 s, the process that serves at last",
      measured: same ? "the same" : "another",
      target: "the same",
      pass: same,
    };
    const says = [...told.keys()];
    const loading = says.every((one) => one.startsWith("503") && one.includes("load"));
    yield { what: "PAINS 6: health meanwhile", measured: says.join("; "), target: "503, loading", pass: loading };
    yield {
      what: "PAINS 6: longest that the daemon took to answer meanwhile, ms (the watchdog is fed by the same loop)",
      measured: round(longestMs, 0),
      target: "under 10000, when it is fed",
      pass: longestMs < 10_000,
    };
  } finally {
    await daemon.stop();
  }
}
