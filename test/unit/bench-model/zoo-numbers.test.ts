import { expect, test } from "vitest";
import { chanceOf, compare } from "../../../bench/accept/capabilities/zoo/comparison.ts";
import { packForNBits, quantiseBlocks, quantiseColumns } from "../../../bench/model/zoo/quantise.ts";
import { scoresOf } from "../../../bench/model/zoo/scores.ts";
import { bfloat16Tensor, float16Tensor } from "../../../src/lib/onnx/half.ts";

function wordsIn(bytes: Uint8Array): number[] {
  return Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
}

test.each([
  [0, 0],
  [1, 0x3c00],
  [-2, 0xc000],
  [65_504, 0x7bff],
  [65_519, 0x7bff],
  [65_520, 0x7c00],
  [1 / 3, 0x3555],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [1023 * 2 ** -24, 0x03ff],
  [2 ** -26, 0],
  [2047.9, 0x6800],
])("%f is %i in float16", (value, bits) => {
  expect(wordsIn(float16Tensor(Float32Array.of(value)).bytes)).toEqual([bits]);
});

test("bfloat16 is the upper half, rounded", () => {
  const values = Float32Array.of(1, -0.5, 1 + 2 ** -7, 1 + 3 * 2 ** -9);
  expect(wordsIn(bfloat16Tensor(values).bytes)).toEqual([0x3f80, 0xbf00, 0x3f81, 0x3f81]);
});

const matrix = { values: Float32Array.of(7, -1.4, 3, 0.8, -7, 1.4, 0, -0.6), inputs: 4, outputs: 2 };

test("columns have a scale each", () => {
  const { values, scales } = quantiseColumns({ values: Float32Array.of(127, 2, -127, -1), inputs: 2, outputs: 2 });
  expect(Array.from(new Int8Array(values.bytes.buffer))).toEqual([127, 127, -127, -63]);
  expect(Array.from(new Float32Array(scales.bytes.buffer))).toEqual([1, Math.fround(2 / 127)]);
});

test("four bits are packed along the rows, the first in the low half", () => {
  const { values, scales } = quantiseBlocks(matrix, 4, 4);
  expect([values.type, values.dims, scales.dims]).toEqual(["int4", [4, 2], [1, 2]]);
  // 7 −7, 3 4, −7 7, 0 −3.
  expect(Array.from(values.bytes)).toEqual([0x97, 0x43, 0x79, 0xd0]);
});

test("for MatMulNBits they are packed along the columns around 8", () => {
  const { values, scales } = packForNBits(matrix, 4, 4);
  expect([values.dims, scales.dims]).toEqual([[2, 1, 2], [2]]);
  expect(Array.from(values.bytes)).toEqual([0xbf, 0x81, 0xc1, 0x5f]);
  const [first, second] = new Float32Array(scales.bytes.buffer);
  expect([first, second]).toEqual([1, Math.fround(Math.fround(1.4) / 7)]);
});

test("scores are softmax, sigmoid or what they are", () => {
  expect(scoresOf([0, Math.log(3)], "softmax").map((score) => score.toFixed(6))).toEqual(["0.250000", "0.750000"]);
  expect(scoresOf([0, Math.log(3)], "sigmoid").map((score) => score.toFixed(6))).toEqual(["0.500000", "0.750000"]);
  expect(scoresOf([2, -3], "none")).toEqual([2, -3]);
});

test("answers are held against those by hand: other labels, ties and scores", () => {
  const own = { answers: 0, otherLabels: 0, largest: 0 };
  const alone = [
    [0.7, 0.3],
    [0.500_004, 0.499_996],
    [0.2, 0.8],
    [0.9, 0.1],
  ];
  const answers = [
    [{ label: "LABEL_0", score: 0.75 }],
    [{ label: "LABEL_1", score: 0.499_996 }],
    [{ label: "LABEL_0", score: 0.2 }],
    undefined,
  ];
  const found = compare(answers, { alone, own }, 1e-5);
  expect(found).toMatchObject({ texts: 3, otherLabels: 1, ties: 1 });
  expect(found.largest).toBeCloseTo(0.05, 9);
  expect(compare([[{ label: "spam", score: 0.7 }]], { alone, own }, 1e-5)).toEqual({
    texts: 1,
    otherLabels: 1,
    ties: 0,
    largest: Infinity,
  });
});

test("the chance of as many other labels or more", () => {
  expect(chanceOf(0, 10, 0, 10)).toBe(1);
  expect(chanceOf(2, 10, 0, 10)).toBeCloseTo(1 / 4, 12);
  expect(chanceOf(1, 10, 1, 30)).toBeCloseTo(1 - (3 / 4) ** 2, 12);
  expect(chanceOf(5, 256, 0, 1536)).toBeLessThan(1e-4);
});
