import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import type { ModelSpec } from "../../../bench/model/spec.ts";
import { OnnxGraph } from "../../../src/daemon/workers/graph/onnx-graph.ts";
import { PREPARED_MODEL } from "../../../src/daemon/prepared/files.ts";
import { prepareInChild } from "../../../src/daemon/prepared/trial-run.ts";
import { WorkerProcess } from "../../../src/daemon/workers/worker-process.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const SIZES = { hidden: 64, layers: 2, heads: 4, intermediate: 256, vocab: 4000, positions: 64, labels: 3, seed: 7 };
const PROBE = Int32Array.from([2, 10, 11, 3]);
const MODEL = { output: "logits", labels: SIZES.labels, padLeft: false, probe: PROBE };
const IDS = Int32Array.from([2, 10, 11, 12, 13, 14, 3, 2, 20, 21, 3, 2, 30, 3]);
const LENGTHS = Int32Array.of(7, 4, 3);

/** A worker with the file, and its logits for the three texts. */
async function logitsOf(modelPath: string, prepared: boolean, padId: number): Promise<number[]> {
  const worker = new WorkerProcess();
  onTestFinished(async () => {
    worker.signal("SIGKILL", "the test is over");
    await worker.ended;
  });
  await worker.load({ ...MODEL, modelPath, prepared, threads: 1, padId });
  return [...(await worker.run({ ids: IDS, types: new Int32Array(), lengths: LENGTHS })).logits];
}

async function prepare(spec: ModelSpec): Promise<{ plain: string; prepared: string; shorter: number }> {
  const folder = temporaryFolder();
  writeFolder(folder, spec, false, () => undefined);
  const plain = join(folder, "model.onnx");
  const prepared = temporaryFolder();
  const shorter = await prepareInChild(plain, prepared, true, new AbortController().signal);
  return { plain, prepared: join(prepared, PREPARED_MODEL), shorter };
}

const KINDS = ["bert", "distilbert", "roberta"] as const;
const FIRST_TOKEN = /\/first_token$/;

test.each(KINDS)("%s in 8 bits: the last layer is computed for the first token, and says the same", async (type) => {
  const padId = type === "roberta" ? 1 : 0;
  const { plain, prepared, shorter } = await prepare({ ...SIZES, type, int8: true, idleNodes: 0 });
  expect(shorter).toBe(2);
  const shortest = `${prepared}.1`;
  const { nodes } = new OnnxGraph(readFileSync(shortest));
  // The hidden state's, its quantised form, and the context that attention makes of it.
  const ofFirst = nodes.filter(({ outputs }) => FIRST_TOKEN.test(outputs[0] ?? ""));
  expect(ofFirst.map(({ operator }) => operator).toSorted()).toEqual(["DynamicQuantizeLinear", "Gather", "Reshape"]);

  const expected = await logitsOf(plain, false, padId);
  const spread = Math.max(...expected) - Math.min(...expected);
  for (const [at, logit] of (await logitsOf(shortest, true, padId)).entries())
    expect(Math.abs(logit - expected[at]!)).toBeLessThan(spread / 20);
});

test.each(KINDS)(
  "%s in 32 bits: every token is computed, and the logits are the plain file's to the last bit",
  async (type) => {
    const padId = type === "roberta" ? 1 : 0;
    const { plain, prepared, shorter } = await prepare({ ...SIZES, type, int8: false, idleNodes: 0 });
    expect(shorter).toBe(0);
    expect(await logitsOf(prepared, true, padId)).toEqual(await logitsOf(plain, false, padId));
  },
);
