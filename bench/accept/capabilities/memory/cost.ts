import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { cpuSecondsOf } from "../../../../src/lib/perf/watch/cpu-time.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const WATCHED_MS = 120_000;

/** What the daemon spends while nobody asks it anything: sampler and governor, and whatever else it does unasked. */
export async function* cost(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, WORKERS: "4", MODEL_IDLE_UNLOAD: "-1" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  try {
    await daemon.json("POST", "/api/model/load/?wait=true");
    await runClients({ socketPath: daemon.socketPath, clients: 20, texts: shopTexts(), calls: 500 });
    await delay(3000);
    say("the daemon at rest, with 4 workers");
    const before = cpuOf(daemon);
    const from = performance.now();
    await delay(WATCHED_MS);
    const percent = round(((cpuOf(daemon) - before) / ((performance.now() - from) / 1000)) * 100);
    yield {
      what: "CPU of the idle daemon with 4 loaded workers, % of a core: sampler, governor and all else it does unasked",
      measured: percent,
      target: "under 1",
      pass: percent < 1,
    };
  } finally {
    await daemon.stop();
  }
}

function cpuOf({ pid }: PrivateDaemon): number {
  return cpuSecondsOf(pid) ?? NaN;
}
