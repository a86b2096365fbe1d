import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession } from "onnxruntime-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { zoo } from "../../../bench/model/zoo/entries/index.ts";
import type { ZooEntry } from "../../../bench/model/zoo/entry.ts";
import { questionFor } from "../../../bench/model/zoo/folder.ts";
import { askPlain } from "../../../bench/model/zoo/run.ts";
import { largestDifference } from "../../../bench/model/zoo/scores.ts";
import { zooTexts } from "../../../bench/model/zoo/texts.ts";
import { encodeModel, encodeModelWithExternalData } from "../../../src/lib/onnx/model.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** What the daemon prepares from on. */
const PREPARED_BYTES = 4 * 1024 * 1024;
const TEXTS = 6;

async function open(entry: ZooEntry): Promise<{ session: InferenceSession; bytes: number }> {
  const { graph, options, externalData } = entry.build();
  const settings = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  if (!externalData) {
    const model = encodeModel(graph, options);
    return { session: await InferenceSession.create(model, settings), bytes: model.byteLength };
  }
  const path = join(temporaryFolder(), "model.onnx");
  const { model, data } = encodeModelWithExternalData(graph, { ...options, location: "model.onnx_data" });
  writeFileSync(path, model);
  writeFileSync(`${path}_data`, data);
  return { session: await InferenceSession.create(path, settings), bytes: model.byteLength + data.byteLength };
}

test("the zoo has at least 40 kinds, none of one name", () => {
  expect(zoo.length).toBeGreaterThanOrEqual(40);
  expect(new Set(zoo.map(({ name }) => name)).size).toBe(zoo.length);
});

describe.each(zoo.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
  const { expect: expected } = entry;

  test("loads, is of its size, gives finite numbers, and heeds its mask where it says so", async () => {
    const { session, bytes } = await open(entry);
    onTestFinished(() => session.release());
    expect(bytes >= PREPARED_BYTES).toBe(!expected.small);
    const question = questionFor(entry, zooTexts(TEXTS, entry.words, 9));
    const alone = await askPlain(session, question, 1);
    expect(alone.map((row) => row.length)).toEqual(alone.map(() => entry.labels));
    expect(alone.flat().every(Number.isFinite)).toBe(true);
    if (expected.fixedBatch) return;

    const batched = await askPlain(session, question, TEXTS);
    const moved = largestDifference(alone.flat(), batched.flat());
    if (expected.dependsOnPadding) expect(moved).toBeGreaterThan(0.05);
    else expect(moved).toBeLessThan(expected.quantised ? 0.5 : expected.half ? 0.02 : 1e-5);
  });
});
