import { chmodSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { buildClassifier, modelOptions } from "../../../bench/model/classifier.ts";
import { encodeModel } from "../../../src/lib/onnx/model.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { sizeOf, wordPiece } from "../../support/tokenizers.ts";

vi.setConfig({ testTimeout: 120_000 });

const TEXTS = ["where is it", "is my order", "my card"];

/** A classifier of the same shape whose weights, and answers, are others. */
function otherModel(): Uint8Array {
  const shape = { hidden: 8, layers: 1, heads: 2, intermediate: 16, int8: false, idleNodes: 0, seed: 4 };
  const graph = buildClassifier({ ...shape, type: "distilbert", positions: 32, vocab: sizeOf(wordPiece()), labels: 2 });
  return encodeModel(graph, { ...modelOptions, producer: "pytorch" });
}

function replaceBy(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.other`, bytes);
  renameSync(`${path}.other`, path);
}

test.each([
  ["overwritten in place by another model", (path: string) => writeFileSync(path, otherModel())],
  ["replaced by another model", (path: string) => replaceBy(path, otherModel())],
  ["truncated", (path: string) => truncateSync(path, 1000)],
  ["deleted", (path: string) => rmSync(path)],
])("the copy of a small model %s: no answer by it, and it is made whole again", async (_, harm) => {
  const core = await startCore(writeForeignModel(temporaryFolder()), { COMBOT_STATE_DIR: temporaryFolder() });
  core.pool.load();
  await core.pool.whenReady();
  const expected = await classify(core, TEXTS);
  const { modelPath } = core.models.current.model;
  const before = readFileSync(modelPath);
  chmodSync(modelPath, 0o640);
  harm(modelPath);
  for (let round = 0; round < 5; round++) {
    await core.pool.recycle(0, "manual");
    expect((await classify(core, TEXTS)).results).toEqual(expected.results);
  }
  expect(readFileSync(modelPath).equals(before)).toBe(true);
});

test("weights in a file of their own stay mapped: workers that have one that was written to are replaced", async () => {
  const folder = writeForeignModel(temporaryFolder(), { externalData: true });
  const core = await startCore(folder, { COMBOT_STATE_DIR: temporaryFolder() });
  core.pool.load();
  await core.pool.whenReady();
  const expected = await classify(core, TEXTS);
  const [weights = ""] = core.models.current.model.externalPaths;
  const before = readFileSync(weights);
  const workers = workerPids(core);
  chmodSync(weights, 0o640);
  writeFileSync(
    weights,
    before.map((byte) => byte ^ 1),
  );
  const seen = async (): Promise<number> => {
    expect((await classify(core, TEXTS)).results).toEqual(expected.results);
    return workerPids(core).filter((pid) => workers.includes(pid)).length;
  };
  await expect.poll(seen, { timeout: 60_000 }).toBe(0);
  expect(readFileSync(weights).equals(before)).toBe(true);
});
