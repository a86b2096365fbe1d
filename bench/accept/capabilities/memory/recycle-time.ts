import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { birthsIn } from "./daemon-log.ts";
import { Floor } from "./floor.ts";

const ROUNDS = 15;

/** From the order to the replacement serving, over what a bare process takes to load the same file and answer once. */
export async function* recycleTime(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "info", COMBOT_MODEL_DIR: modelDir };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  try {
    await runClients({ socketPath: daemon.socketPath, clients: 4, texts: shopTexts(), calls: 100 });
    const floor = await Floor.of(daemon, modelDir);
    const floors: number[] = [];
    const times: number[] = [];
    for (let turn = 0; turn < ROUNDS; turn++) {
      floors.push((await floor.measure()).birthMs);
      const from = Date.now();
      await daemon.json("POST", "/api/process/recycle/?wait=true", { slot: turn % 2 });
      times.push((birthsIn(daemon).at(-1)?.atMs ?? NaN) - from);
      say(`recycled ${turn + 1} of ${ROUNDS} times`);
    }
    const ratio = round(median(times) / median(floors));
    yield {
      what: `from the order to the replacement serving, over a bare process that answers once (medians of ${ROUNDS}: ${round(median(times), 0)} and ${round(median(floors), 0)} ms)`,
      measured: ratio,
      target: "at most 1.5",
      pass: ratio <= 1.5,
    };
  } finally {
    await daemon.stop();
  }
}
