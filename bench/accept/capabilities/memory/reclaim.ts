import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { hangLimitMs } from "../../../../src/lib/slowness.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

/** What the kernel gives back of a daemon that serves when it is asked to take all it can: `memory.reclaim`. */
export async function* reclaims(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-reclaim");
  cgroup.limitBytes = 2048 * MIB;
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0" };
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: hangLimitMs(120_000) });
  const { socketPath } = daemon;
  const usedMib = (): number => round(cgroup.usedBytes / MIB, 1);
  const residentMib = async (): Promise<number> => {
    const { processes } = await daemon.json<MemoryReport>("GET", "/api/memory/");
    return round(processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / MIB, 1);
  };
  const texts = shopTexts().map((text, index) => `${index} ${text}`);
  const timed = async (turn: number): Promise<number> => {
    const from = performance.now();
    await runClients({ socketPath, clients: 1, texts: texts.map((text) => `${turn} ${text}`), calls: 1 });
    return round(performance.now() - from, 1);
  };
  try {
    await runClients({ socketPath, clients: 20, texts, calls: 500 });
    const [usedBefore, residentBefore, quickMs] = [usedMib(), await residentMib(), await timed(0)];
    say("reclaiming");
    const from = performance.now();
    cgroup.reclaim();
    const tookMs = round(performance.now() - from, 1);
    const [used, resident, firstMs] = [usedMib(), await residentMib(), await timed(1)];
    const seen = (what: string, measured: number): Line => ({ what, measured, target: "for the record", pass: true });
    yield seen("used as the ladder counts it before reclaiming, MiB", usedBefore);
    yield seen("used as the ladder counts it after, MiB", used);
    yield seen("resident in all processes before, MiB", residentBefore);
    yield seen("resident in all processes after, MiB", resident);
    yield seen("reclaiming took, ms", tookMs);
    yield seen("one call before, ms", quickMs);
    yield seen("the first call after, ms", firstMs);
  } finally {
    await daemon.stop();
    cgroup.remove();
  }
}
