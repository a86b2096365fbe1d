import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

/** PSS of two loaded, warm workers over that of one. */
export async function* sharesWeights(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const one = await workersPss(modelDir, 1, say);
  const two = await workersPss(modelDir, 2, say);
  const ratio = round(two / one);
  yield { what: "DistilBERT-size fp32, one worker's PSS, MB", measured: round(one / 1e6, 0), target: "for the record", pass: true };
  yield { what: "two workers' PSS over one's", measured: ratio, target: "at most 1.25", pass: ratio <= 1.25 };
}

async function workersPss(modelDir: string, workers: number, say: (progress: string) => void): Promise<number> {
  say(`${workers} worker${workers > 1 ? "s" : ""} of ${modelDir}`);
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", WORKERS: String(workers), COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0" },
    startLimitMs: 120_000,
  });
  try {
    await runClients({ socketPath: daemon.socketPath, clients: 16, texts: shopTexts(), calls: 300 });
    return (await daemon.json<MemoryReport>("GET", "/api/memory/")).model.bytes;
  } finally {
    await daemon.stop();
  }
}
