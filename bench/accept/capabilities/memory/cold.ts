import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes, treeOf } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const MIB = 1024 * 1024;

/** PAINS 4: 100 requests at once to a daemon with no model loaded. */
export async function* cold(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  try {
    await daemon.json("POST", "/api/model/unload/?wait=true");
    const before = await generations(daemon);
    say("PAINS 4: 100 cold requests at once");
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, treeRss(daemon.pid))), 5);
    const load = { socketPath: daemon.socketPath, texts: shopTexts() };
    const { ok } = await runClients({ ...load, clients: 100, calls: 100 });
    clearInterval(watch);
    const loads = (await generations(daemon)).map((generation, slot) => generation - (before[slot] ?? 0));
    await runClients({ ...load, clients: 20, calls: 400 });
    await delay(1000);
    const steady = treeRss(daemon.pid);
    const ratio = round(peak / steady);
    yield { what: "PAINS 4: 100 cold requests at once, answered", measured: ok, target: "100", pass: ok === 100 };
    const once = loads.every((count) => count <= 1);
    yield { what: "PAINS 4: loads of each worker", measured: loads.join(", "), target: "at most 1", pass: once };
    yield {
      what: `PAINS 4: peak RSS of the tree over steady (${round(peak / MIB, 0)} and ${round(steady / MIB, 0)} MiB)`,
      measured: ratio,
      target: "under 1.3",
      pass: ratio < 1.3,
    };
  } finally {
    await daemon.stop();
  }
}

async function generations(daemon: PrivateDaemon): Promise<number[]> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers.toSorted((a, b) => a.slot - b.slot).map(({ generation }) => generation);
}

function treeRss(pid: number): number {
  return treeOf(pid).reduce((sum, each) => {
    try {
      return sum + rssBytes(each);
    } catch {
      return sum; // ended between the two looks
    }
  }, 0);
}
