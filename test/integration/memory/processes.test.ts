import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { Sampler } from "../../../src/daemon/memory/sampler.ts";
import { PREPARED_MODEL, PREPARED_WEIGHTS } from "../../../src/daemon/prepared/files.ts";
import { prepareInChild } from "../../../src/daemon/prepared/trial-run.ts";
import { WorkerProcess } from "../../../src/daemon/workers/worker-process.ts";
import { MIB } from "../../../src/lib/units.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** 27 MB of weights in BERT's shape. */
const MODEL = {
  type: "bert",
  hidden: 384,
  layers: 3,
  heads: 6,
  intermediate: 1536,
  vocab: 4000,
  positions: 64,
  labels: 3,
  int8: false,
  idleNodes: 0,
  seed: 7,
} as const;

const PROBE = Int32Array.from([2, 10, 11, 3]);
const ASKED = { output: "logits", labels: MODEL.labels, padId: 0, padLeft: false, probe: PROBE };

interface Prepared {
  readonly modelPath: string;
  readonly weightsBytes: number;
}

async function prepare(): Promise<Prepared> {
  const folder = temporaryFolder();
  writeFolder(folder, MODEL, false, () => undefined);
  const prepared = temporaryFolder();
  await prepareInChild(join(folder, "model.onnx"), prepared, true, new AbortController().signal);
  return { modelPath: join(prepared, PREPARED_MODEL), weightsBytes: statSync(join(prepared, PREPARED_WEIGHTS)).size };
}

async function startWorker(modelPath: string): Promise<WorkerProcess> {
  const worker = new WorkerProcess();
  onTestFinished(async () => {
    worker.signal("SIGKILL", "the test is over");
    await worker.ended;
  });
  await worker.load({ ...ASKED, modelPath, prepared: true, threads: 1 });
  return worker;
}

function samplerOf(workers: readonly WorkerProcess[]): Sampler {
  const members = workers.map(({ pid }) => ({ role: "worker" as const, pid }));
  return new Sampler({ pids: () => members, limitBytes: 8 * 1024 * MIB, now: () => performance.now() });
}

test("weights that two workers map are counted once, and stay counted when one of them ends", async () => {
  const { modelPath, weightsBytes } = await prepare();
  const workers = [await startWorker(modelPath), await startWorker(modelPath)];
  const sampler = samplerOf(workers);

  const both = await sampler.sample();
  expect(both.processes.map(({ exact }) => exact)).toEqual([true, true]);
  const rssBytes = both.processes.reduce((sum, process) => sum + process.rssBytes, 0);
  const anonymousBytes = both.processes.reduce((sum, { rssBytes, mappedBytes }) => sum + rssBytes - mappedBytes, 0);
  // Some pages of the weights are read by no inference, such as rows of words that the probe doesn't have.
  expect(rssBytes - both.treePssBytes).toBeGreaterThan(weightsBytes / 2);
  expect(both.treePssBytes).toBeGreaterThan(anonymousBytes + weightsBytes / 2);
  expect(both).toMatchObject({ source: "setting", usedBytes: both.treePssBytes, daemonPssBytes: 0 });

  const [survivor, other] = workers;
  other!.signal("SIGKILL", "the test says so");
  await other!.ended;
  const one = await sampler.sample();
  expect(one.processes).toMatchObject([{ pid: survivor!.pid, exact: true }]);
  expect(one.treePssBytes).toBeGreaterThan(both.processes[0]!.pssBytes + weightsBytes / 4);
});

test("an estimate agrees with the reading that follows it", async () => {
  const { modelPath } = await prepare();
  const worker = await startWorker(modelPath);
  const sampler = samplerOf([worker]);
  await sampler.sample();
  // A batch of 32 rows takes memory of its own, and leaves some.
  await worker.run({
    ids: new Int32Array(32 * 60).fill(10),
    types: new Int32Array(),
    lengths: new Int32Array(32).fill(60),
  });
  const [estimated, read] = [await sampler.sample(), await sampler.measure()];
  expect(read.processes[0]!.exact).toBe(true);
  expect(Math.abs(estimated.treePssBytes - read.treePssBytes)).toBeLessThan(0.1 * read.processes[0]!.rssBytes);
});
