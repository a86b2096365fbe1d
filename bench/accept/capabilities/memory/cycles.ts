import type { UnloadReply } from "../../../../src/lib/protocol/model.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const CYCLES = 50;
const MIB = 1024 * 1024;

/** 50 loads and unloads: what stays behind, and whether what combot says it gave back is what the kernel counts. */
export async function* cycles(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-cycles");
  const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir };
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: 120_000 });
  try {
    await runClients({ socketPath: daemon.socketPath, clients: 20, texts: shopTexts(), calls: 500 });
    const left: number[] = [];
    const errors: number[] = [];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      await daemon.json("POST", "/api/model/load/?wait=true");
      await runClients({ socketPath: daemon.socketPath, clients: 4, texts: shopTexts(), calls: 20 });
      const before = cgroup.anonymousBytes;
      const { freedBytes } = await daemon.json<UnloadReply>("POST", "/api/model/unload/?wait=true");
      const counted = before - cgroup.anonymousBytes;
      errors.push(Math.abs((freedBytes ?? 0) - counted) / counted);
      left.push(cgroup.anonymousBytes);
      say(`cycle ${cycle + 1} of ${CYCLES}`);
    }
    const growth = round((Math.max(...left) - left[0]!) / MIB, 1);
    yield {
      what: `anonymous memory after any of ${CYCLES} unloads over after the first, MiB (cgroup)`,
      measured: growth,
      target: "at most 10",
      pass: growth <= 10,
    };
    const off = round(median(errors) * 100, 1);
    const worst = round(Math.max(...errors) * 100, 1);
    yield {
      what: `bytes said to be given back against the cgroup's count, median deviation in % (worst ${worst})`,
      measured: off,
      target: "at most 5",
      pass: off <= 5,
    };
  } finally {
    await daemon.stop();
    cgroup.remove();
  }
}
