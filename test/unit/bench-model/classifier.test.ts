import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelTypes, traits } from "../../../bench/model/spec.ts";
import { classify, largestDifference, open, tiny, writeTiny } from "./tiny-models.ts";

const texts = [
  [2, 9, 400, 17, 3],
  [2, 33, 3],
];

describe.each(modelTypes)("a tiny %s", (type) => {
  const { padId } = traits[type];

  test("loads and gives one finite row of logits a text, for any batch and length up to its window", async () => {
    const session = await open(writeTiny({ type }));
    expect(session.inputNames.includes("token_type_ids")).toBe(type === "bert");
    for (const batch of [texts, texts.slice(1), [Array.from({ length: tiny.positions }, (_, at) => 10 + at)]]) {
      const logits = await classify(session, batch, padId);
      expect(logits.dims).toEqual([batch.length, tiny.labels]);
      expect((logits.data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  test("does not see padding, nor the other texts of a batch", async () => {
    const session = await open(writeTiny({ type }));
    const alone = await classify(session, [texts[1]!], padId);
    expect(largestDifference(await classify(session, [texts[1]!], padId, tiny.positions), alone)).toBeLessThan(1e-5);
    expect(largestDifference(alone, await classify(session, [texts[1]!, texts[0]!], padId))).toBeLessThan(1e-5);
  });

  test("sees every token and its place", async () => {
    const session = await open(writeTiny({ type }));
    const answer = await classify(session, [[2, 40, 41, 3]], padId);
    for (const other of [
      [2, 40, 42, 3],
      [2, 41, 40, 3],
    ]) {
      expect(largestDifference(await classify(session, [other], padId), answer)).toBeGreaterThan(0.01);
    }
  });

  test("answers the same with a branch that no text takes", async () => {
    const plain = await classify(await open(writeTiny({ type })), texts, padId);
    const branched = await classify(await open(writeTiny({ type, idleNodes: 100 })), texts, padId);
    expect(branched.data).toEqual(plain.data);
  });

  test("in 8 bits answers much as in 32", async () => {
    const precise = await classify(await open(writeTiny({ type })), texts, padId);
    const rounded = await classify(await open(writeTiny({ type, int8: true })), texts, padId);
    expect(rounded.dims).toEqual(precise.dims);
    const spread = Math.max(...(precise.data as Float32Array)) - Math.min(...(precise.data as Float32Array));
    expect(largestDifference(rounded, precise)).toBeLessThan(spread / 10);
  });

  test("with its weights in a second file gives the same answers", async () => {
    const whole = await classify(await open(writeTiny({ type })), texts, padId);
    const dir = writeTiny({ type }, true);
    expect(readFileSync(join(dir, "model.onnx")).byteLength).toBeLessThan(
      readFileSync(join(dir, "model.onnx_data")).byteLength,
    );
    expect(largestDifference(await classify(await open(dir), texts, padId), whole)).toBe(0);
  });
});

describe("the seed", () => {
  const files = ["model.onnx", "tokenizer.json", "tokenizer_config.json", "config.json"];
  const bytes = (dir: string): Buffer[] => files.map((name) => readFileSync(join(dir, name)));

  test.each([{ int8: false }, { int8: true }])("decides every byte, int8 $int8", ({ int8 }) => {
    const first = bytes(writeTiny({ int8 }));
    expect(bytes(writeTiny({ int8 }))).toEqual(first);
    expect(bytes(writeTiny({ int8, seed: 2 }))[0]).not.toEqual(first[0]);
  });
});
