import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { TRIAL_LABELS, TRIAL_VOCABULARY, writeTrialModel } from "../../support/trial-models.ts";
import type { TrialModelSpec } from "../../support/trial-models.ts";
import { UNEVEN, modelOf, tryFile, writeBench } from "../../support/trials.ts";
import type { BenchModel } from "../../support/trials.ts";

const pathOf = (spec: TrialModelSpec): string => join(writeTrialModel(temporaryFolder(), spec), "model.onnx");
const SMALL = modelOf(TRIAL_VOCABULARY.length, TRIAL_LABELS.length);

describe("a model whose answers", () => {
  test.each<[string, TrialModelSpec, object]>([
    ["are of its own tokens alone is padded", {}, { batching: "padded", labelShifts: 0 }],
    [
      "are of whatever stands last gets texts of one length",
      { pooling: "last" },
      { batching: "equal", labelShifts: 0 },
    ],
    ["are of padding too gets texts of one length", { pooling: "all" }, { batching: "equal" }],
    ["take from its mates gets one text at a time", { leaks: true }, { batching: "single" }],
    ["come one at a time gets one text at a time", { dims: [1, "sequence"] }, { batching: "single" }],
    ["are shares of one is told by them", { output: "softmax" }, { output: "softmax", batching: "padded" }],
    ["are parts of one each is told by them", { output: "sigmoid" }, { output: "sigmoid", batching: "padded" }],
  ])("%s", async (_, spec, found) => {
    const { trial, lasting } = await tryFile(SMALL, pathOf(spec));
    expect(trial).toMatchObject({ prepared: false, reason: undefined, ...found });
    expect(trial.texts).toBeGreaterThanOrEqual(32);
    expect(lasting).toBe(true);
  });

  test("padded left are of the last place is padded", async () => {
    const { trial } = await tryFile({ ...SMALL, padLeft: true }, pathOf({ pooling: "last" }));
    expect(trial.batching).toBe("padded");
  });
});

describe("a model is refused", () => {
  test.each<[string, TrialModelSpec, RegExp]>([
    ["whose numbers are none", { notANumber: true }, /no finite numbers/],
    [
      "with a token that has no place in it",
      { rows: TRIAL_VOCABULARY.length - 1 },
      /last token of the tokenizer has no place/,
    ],
  ])("%s", async (_, spec, reason) => {
    await expect(tryFile(SMALL, pathOf(spec))).rejects.toThrow(reason);
  });
});

const KINDS: Readonly<Record<string, BenchModel>> = {
  "in 32 bits, of sizes that no register is as wide as": UNEVEN,
  "with 300 labels": { ...UNEVEN, hidden: 192, labels: 300 },
  "in 8 bits": { ...UNEVEN, type: "bert", int8: true, vocab: 30_000 },
};

describe.each(Object.entries(KINDS))("prepared weights of a model %s", (_, spec) => {
  test("answer like the plain file, and serve", async () => {
    const folder = temporaryFolder();
    const { trial } = await tryFile(modelOf(spec.vocab, spec.labels), writeBench(spec), { folder });
    expect(trial).toMatchObject({ prepared: true, reason: undefined, batching: "padded" });
    expect(trial.batchShift > 0).toBe(spec.int8);
    expect(readdirSync(folder).toSorted()).toEqual(["model.onnx", "weights.bin"]);
    // As the kernels of the CPU want them, so that no worker has a copy of its own.
    expect(readFileSync(join(folder, "model.onnx")).includes("prepacked_0")).toBe(true);
  });
});
