import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeModel } from "../../../src/lib/onnx/model.ts";
import { ModelSession } from "../../../src/daemon/workers/session.ts";
import { joinTexts } from "../../../src/daemon/workers/texts.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { TRIAL_LABELS, trialGraph, weightOf } from "../../support/trial-models.ts";
import type { TrialModelSpec } from "../../support/trial-models.ts";

const TEXTS = [
  [2, 5, 6, 7, 3],
  [2, 9, 3],
  [2, 10, 11, 3],
].map((ids) => ({ ids: Int32Array.from(ids) }));

function open(spec: TrialModelSpec): Promise<ModelSession> {
  const modelPath = join(temporaryFolder(), "model.onnx");
  writeFileSync(modelPath, encodeModel(trialGraph(spec)));
  return ModelSession.load({
    type: "load",
    modelPath,
    prepared: false,
    threads: 1,
    output: spec.outputName ?? "logits",
    labels: spec.labels ?? TRIAL_LABELS.length,
    padId: 0,
    padLeft: spec.padLeft ?? false,
    probe: Int32Array.from([2, 5, 3]),
  });
}

/** The sums of the table's rows, worked out here. */
function expectedOf(labels: number, factor: (place: number) => number = () => 1): number[] {
  return TEXTS.flatMap(({ ids }) =>
    Array.from({ length: labels }, (_, label) =>
      ids.reduce((sum, token, place) => sum + factor(place) * weightOf(token, label), 0),
    ),
  );
}

function expectClose(found: Float32Array, expected: readonly number[], digits = 5): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(found[at]).toBeCloseTo(value, digits);
}

const FORMS: Readonly<Record<string, TrialModelSpec>> = {
  "int64 ids and a mask": {},
  "int32 ids and an int32 mask": { idsType: "int32", maskType: "int32" },
  "a mask of booleans": { maskType: "bool" },
  "a mask in float32": { maskType: "float32" },
  "padding on the left": { padLeft: true },
  "an output of another name": { outputName: "scores" },
  "an output in float64": { outputType: "float64" },
  "one text at a time": { dims: [1, "sequence"], withMask: false, pooling: "all" },
  "eight tokens and no more or less": { dims: ["batch", 8] },
  "one label": { labels: 1 },
  "one label without an axis of its own": { labels: 1, flat: true },
};

describe("a batch of three lengths gives the sums of each text's own tokens", () => {
  test.each(Object.entries(FORMS))("%s", async (_, spec) => {
    const session = await open(spec);
    expectClose(await session.run(joinTexts(TEXTS)), expectedOf(spec.labels ?? TRIAL_LABELS.length));
  });

  test("half precision, to a thousandth", async () => {
    const session = await open({ outputType: "float16" });
    expectClose(await session.run(joinTexts(TEXTS)), expectedOf(TRIAL_LABELS.length), 2);
  });

  test.each([false, true])("positions count a text's own tokens from 0 (padded left: %s)", async (padLeft) => {
    const session = await open({ withPositions: true, padLeft });
    const expected = expectedOf(TRIAL_LABELS.length, (place) => place);
    expectClose(await session.run(joinTexts(TEXTS)), expected);
  });
});

describe("a graph that can't be fed is refused with the reason", () => {
  test.each<[string, TrialModelSpec, RegExp]>([
    ["batches of four", { dims: [4, "sequence"] }, /takes batches of 4 texts and no others/],
    ["a mask in half precision", { maskType: "float16" }, /the input attention_mask is float16/],
    ["numbers that are none", { notANumber: true }, /no finite numbers/],
  ])("%s", async (_, spec, reason) => {
    await expect(
      open(spec).then((session) => session.run(joinTexts([{ ids: Int32Array.of(2, 4, 3) }]))),
    ).rejects.toThrow(reason);
  });

  test("a text that is longer than all it takes", async () => {
    const session = await open({ dims: ["batch", 4] });
    await expect(session.run(joinTexts(TEXTS))).rejects.toThrow(/a text of 5 tokens, where the graph takes 4/);
  });
});
