import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { PoolEvent } from "../../../src/daemon/pool/events.ts";
import { Pool } from "../../../src/daemon/pool/pool.ts";
import type { ModelFiles } from "../../../src/daemon/pool/worker.ts";
import type { LoadableFile } from "../../../src/daemon/prepared/trial.ts";
import { Queue } from "../../../src/daemon/queue/queue.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { crashingModel } from "../../support/stand-ins.ts";
import { TRIAL_LABELS, writeTrialModel } from "../../support/trial-models.ts";

const now = (): number => performance.now();

/** Gives out `first` until it is blamed, and then `second`. */
function filesOf(first: LoadableFile, second: LoadableFile): ModelFiles {
  let current = first;
  return {
    file: () => Promise.resolve(current),
    intact: () => true,
    asChecked: () => true,
    blame: (file) => {
      const isBlamed = file === first;
      if (isBlamed) current = second;
      return isBlamed;
    },
  };
}

function poolOf(files: ModelFiles): { pool: Pool; events: PoolEvent[] } {
  const events: PoolEvent[] = [];
  const limits = { maxUsers: 0, maxRequests: 0, maxRequestsJitter: 0, maxUptimeMs: 0 };
  const pool = new Pool({
    workers: 2,
    model: {
      threads: 1,
      output: "logits",
      labels: TRIAL_LABELS.length,
      padId: 0,
      padLeft: false,
      probe: Int32Array.of(2, 5, 3),
    },
    files,
    settings: { ...limits, loadTimeoutMs: 30_000, requestTimeoutMs: 30_000, unloadAfterBatch: false },
    source: new Queue({ maxTexts: 10, requestTimeoutMs: 30_000, now }),
    refusal: () => undefined,
    onEvent: (event) => events.push(event),
    now,
    random: () => 0.5,
  });
  onTestFinished(() => pool.stop());
  return { pool, events };
}

const plainFile = (): LoadableFile => ({
  modelPath: join(writeTrialModel(temporaryFolder()), "model.onnx"),
  prepared: false,
});

function crashingFile(): LoadableFile {
  const modelPath = join(temporaryFolder(), "model.onnx");
  writeFileSync(modelPath, crashingModel(TRIAL_LABELS.length));
  return { modelPath, prepared: true };
}

test("workers that die of a file are waited for until they serve from another one", async () => {
  const { pool, events } = poolOf(filesOf(crashingFile(), plainFile()));
  pool.load();
  await pool.whenReady();
  expect(pool.serving).toBe(2);
  expect(events.filter(({ type }) => type === "died")).toHaveLength(2);
  // The file was at fault and not the start: nobody waits a second for the next one.
  expect(events.filter(({ type }) => type === "delayed")).toEqual([]);
});

test("where the other one is no better, the reason is told", async () => {
  const { pool } = poolOf(filesOf(crashingFile(), { ...crashingFile(), prepared: false }));
  pool.load();
  await expect(pool.whenReady()).rejects.toMatchObject({
    code: "MODEL_UNAVAILABLE",
    message: expect.stringMatching(/died of SIGFPE/) as string,
  });
});

test("where there is none at all, a worker ends with the reason and none is left", async () => {
  const files = { ...filesOf(plainFile(), plainFile()), file: () => Promise.reject(new Error("it can't be served")) };
  const { pool, events } = poolOf(files);
  pool.load();
  await expect(pool.whenReady()).rejects.toThrow(/it can't be served/);
  expect(events).toContainEqual(expect.objectContaining({ type: "died", detail: "it can't be served" }));
});
