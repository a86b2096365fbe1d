import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { LoadReply } from "../../../../src/lib/protocol/model.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";

const ROUNDS = 11;

/** Process start to the probe answered, from prepared weights and from the plain file, in turn. */
export async function* startsFromPrepared(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "cp-"));
  const env = { LOG_LEVEL: "error", WORKERS: "1", COMBOT_MODEL_DIR: modelDir };
  const prepared = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  const plain = await PrivateDaemon.start({ env: { ...env, COMBOT_STATE_DIR: unprepared(folder) }, startLimitMs: 120_000 });
  try {
    const times = { prepared: [] as number[], plain: [] as number[] };
    for (let attempt = 0; attempt < ROUNDS; attempt++) {
      times.prepared.push(await loadMs(prepared));
      times.plain.push(await loadMs(plain));
      say(`loaded ${attempt + 1} of ${ROUNDS} times each`);
    }
    const ratio = round(median(times.prepared) / median(times.plain));
    const figures = `${round(median(times.prepared), 0)} ms against ${round(median(times.plain), 0)}`;
    yield { what: `DistilBERT-size int8, start to first answer, prepared over plain (${figures})`, measured: ratio, target: "at most 0.75", pass: ratio <= 0.75 };
  } finally {
    await prepared.stop();
    await plain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A state folder where a file lies in the place of prepared weights: the daemon then serves from the plain model. */
export function unprepared(folder: string): string {
  const stateDir = join(folder, "plain-state");
  mkdirSync(stateDir);
  writeFileSync(join(stateDir, "prepared"), "");
  return stateDir;
}

async function loadMs(daemon: PrivateDaemon): Promise<number> {
  await daemon.json("POST", "/api/model/unload/?wait=true");
  return (await daemon.json<LoadReply>("POST", "/api/model/load/?wait=true")).durationMs;
}
