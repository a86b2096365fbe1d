import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerOf, scoresOf } from "../../../src/daemon/classifier/scores.ts";

const SOFTMAX = { activation: "softmax", regression: false } as const;
const SIGMOID = { activation: "sigmoid", regression: false } as const;
const NONE = { activation: "none", regression: false } as const;
const RAW = { activation: "none", regression: true } as const;

test("softmax, sigmoid and what the graph has done itself", () => {
  const logits = Float32Array.of(0, Math.log(3));
  expect(answerOf(logits, SOFTMAX, false)).toEqual({
    ranking: [1, 0],
    millionths: [750_000, 250_000],
    truncated: false,
  });
  expect(answerOf(logits, SIGMOID, true)).toEqual({ ranking: [1, 0], millionths: [750_000, 500_000], truncated: true });
  const scores = Float32Array.of(0.25, 0.75, -1e-9, 1.000_001);
  expect(answerOf(scores, NONE, false)).toMatchObject({
    ranking: [3, 1, 0, 2],
    millionths: [1e6, 750_000, 250_000, 0],
  });
});

test("a regression's numbers are what they are", () => {
  const one = (value: number) => answerOf(Float32Array.of(value), RAW, false).millionths;
  expect(one(-3.25)).toEqual([-3_250_000]);
  expect(one(1_234_567.5)).toEqual([1_234_567_500_000]);
  expect(Object.is(one(-1e-9)[0], 0)).toBe(true);
  expect(answerOf(Float32Array.of(-1, 4, 4, 2), RAW, false, 3)).toMatchObject({ ranking: [1, 2, 3] });
});

test("what is no number is a failure, and no score", () => {
  const failure = expect.objectContaining({ code: "INFERENCE_FAILED" }) as unknown;
  for (const [reading, values] of [
    [SOFTMAX, [NaN, Infinity]],
    [SIGMOID, [NaN]],
    [NONE, [NaN]],
    [RAW, [NaN, Infinity, -Infinity]],
  ] as const)
    for (const value of values) expect(() => answerOf(Float32Array.of(0, value), reading, false)).toThrow(failure);
});

describe("of many labels", () => {
  test("the best are those that sorting all of them gives, equal ones in the model's order", () => {
    // Whole numbers, so that many are equal.
    const rows = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 210 }), (row, keep) => {
        const sum = row.reduce((all, logit) => all + Math.exp(logit), 0);
        const byHand = row
          .map((logit, label) => ({ label, part: Math.round((Math.exp(logit) / sum) * 1e6) }))
          .toSorted((a, b) => b.part - a.part || a.label - b.label)
          .slice(0, keep);
        const { ranking, millionths } = answerOf(Float32Array.from(row), SOFTMAX, false, keep);
        expect(ranking).toEqual(byHand.map(({ label }) => label));
        expect(millionths).toEqual(byHand.map(({ part }) => part));
      }),
    );
  });
});

describe("a temperature", () => {
  const row = Float32Array.of(1, 3, 0.5);
  const byHand = [1, 3, 0.5].map((logit) => Math.exp(logit / 2.5));
  const shares = byHand.map((power) => power / byHand.reduce((sum, other) => sum + other));
  const expectNear = (given: Float64Array, wanted: readonly number[]): void =>
    wanted.forEach((value, at) => expect(given[at]).toBeCloseTo(value, 6));

  test("divides logits, whoever makes scores of them", () => {
    expectNear(scoresOf(row, { ...SOFTMAX, temperature: 2.5 }), shares);
    const made = scoresOf(row, SOFTMAX);
    expectNear(scoresOf(Float32Array.from(made), { ...NONE, temperature: 2.5 }), shares);
    const each = [1, 3, 0.5].map((logit) => 1 / (1 + Math.exp(-logit / 2.5)));
    expectNear(scoresOf(row, { ...SIGMOID, temperature: 2.5 }), each);
    const sigmoids = scoresOf(row, SIGMOID);
    expectNear(scoresOf(Float32Array.from(sigmoids), { ...NONE, multiLabel: true, temperature: 2.5 }), each);
  });

  test("of 1 changes nothing to the last bit, and no number of a regression", () => {
    expect(scoresOf(row, { ...SOFTMAX, temperature: 1 })).toEqual(scoresOf(row, SOFTMAX));
    expect([...scoresOf(row, { ...RAW, temperature: 2 })]).toEqual([1, 3, 0.5]);
  });

  test("leaves what is no number a failure", () => {
    expect(() => answerOf(Float32Array.of(0, NaN), { ...NONE, temperature: 2 }, false)).toThrow(/gave NaN/);
  });
});
