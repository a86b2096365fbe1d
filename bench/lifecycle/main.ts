import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import type { LoadReply, UnloadReply } from "../../src/lib/protocol/model.ts";
import type { RecycleReply } from "../../src/lib/protocol/process.ts";
import type { Benchmark } from "../benchmark.ts";
import { openBenchModel } from "../serve/model.ts";
import { verdictOf } from "../serve/result.ts";

const FLOOR = fileURLToPath(new URL("session-process.ts", import.meta.url));
const START_LIMIT_MS = 120_000;
const MODEL = "distilbert-int8";

/** One worker, so that what is timed is one process. */
export const lifecycle: Benchmark = {
  name: "lifecycle",
  summary: `start, load, unload and recycle of one worker, beside a bare process that creates the session (${MODEL})`,
  run: async ({ quick, say }) => {
    const rounds = quick ? 3 : 11;
    const model = await openBenchModel({ preset: MODEL }, say);
    // One for all, which outlives each daemon.
    const stateDir = mkdtempSync(join(tmpdir(), "cl-"));
    const env = { LOG_LEVEL: "error", WORKERS: "1", COMBOT_MODEL_DIR: model.dir, COMBOT_STATE_DIR: stateDir };
    const daemon = await PrivateDaemon.start({ env, startLimitMs: START_LIMIT_MS });
    const times = { floor: [], load: [], unload: [], recycle: [], start: [] } as Record<string, number[]>;
    try {
      const prepared = preparedModel(stateDir);
      for (let round = 1; round <= rounds; round++) {
        say(`lifecycle, round ${round} of ${rounds}`);
        times["floor"]!.push(await floorMs(prepared));
        times["unload"]!.push((await daemon.json<UnloadReply>("POST", "/api/model/unload/?wait=true")).durationMs);
        times["load"]!.push((await daemon.json<LoadReply>("POST", "/api/model/load/?wait=true")).durationMs);
        times["recycle"]!.push(await recycleMs(daemon));
      }
    } finally {
      await daemon.stop();
    }
    // The prepared weights are there: this is every start but the first.
    for (let round = 1; round <= Math.min(rounds, 5); round++) times["start"]!.push(await startMs(env));
    rmSync(stateDir, { recursive: true });
    const { floor = [], load = [], unload = [], recycle = [], start = [] } = times;
    const over = (values: readonly number[]): number[] => values.map((value, round) => value / floor[round]!);
    return {
      verdicts: [
        verdictOf("daemon start to the model serving, ms", start, { atMost: 500 }),
        verdictOf("bare process and session, ms", floor),
        verdictOf("load, ms", load),
        verdictOf("load over the bare process", over(load), { atMost: 1.2 }),
        verdictOf("recycle, order to the replacement serving, ms", recycle),
        verdictOf("recycle over the bare process", over(recycle), { atMost: 1.3 }),
        verdictOf("unload, idle, ms", unload, { atMost: 100 }),
      ],
      notes: [
        "The bare process creates its session from the same prepared weights that the worker maps, and runs one text.",
      ],
    };
  },
};

function preparedModel(stateDir: string): string {
  const [folder] = readdirSync(join(stateDir, "prepared"));
  if (folder === undefined) throw new Error("the daemon has prepared no weights");
  return join(stateDir, "prepared", folder, "model.onnx");
}

async function floorMs(modelPath: string): Promise<number> {
  const from = performance.now();
  const child = fork(FLOOR, [modelPath], { env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" } });
  await once(child, "message");
  const tookMs = performance.now() - from;
  child.kill("SIGKILL");
  await once(child, "exit");
  return tookMs;
}

async function recycleMs(daemon: PrivateDaemon): Promise<number> {
  const { recycles } = await daemon.json<RecycleReply>("POST", "/api/process/recycle/?wait=true", { slot: 0 });
  const [one] = recycles;
  if (one?.durationMs === undefined) throw new Error(`a recycle failed: ${one?.error}`);
  return one.durationMs;
}

async function startMs(env: Readonly<Record<string, string>>): Promise<number> {
  const from = performance.now();
  const daemon = await PrivateDaemon.start({ env, startLimitMs: START_LIMIT_MS });
  const tookMs = performance.now() - from;
  await daemon.stop();
  return tookMs;
}
