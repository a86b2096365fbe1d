import { describe, expect, test } from "vitest";
import { differenceOf, findingsOf } from "../../../src/daemon/prepared/findings.ts";
import type { PlainAnswers } from "../../../src/daemon/prepared/findings.ts";

type Rows = ReadonlyMap<number, Float32Array>;

const rows = (...values: readonly (readonly number[])[]): Rows =>
  new Map(values.map((row, index) => [index, Float32Array.from(row)]));
/** The same with `by` added to the first number of every text. */
const moved = (all: Rows, by: number): Rows =>
  new Map(
    [...all].map(([index, row]) => [index, Float32Array.from(row, (value, at) => (at === 0 ? value + by : value))]),
  );

const ALONE = rows([4, 0], [0, 6], [3, 1]);
const STILL: PlainAnswers = { alone: ALONE, copies: ALONE, equal: ALONE, padded: ALONE, oneByOne: false };
/** The spread is 6: this much of it is what quantisation was measured to do. */
const QUANTISED = 6 * 0.02;

describe("texts share a batch", () => {
  test("padded, where nothing moves answers", () => {
    expect(findingsOf(STILL)).toMatchObject({ batching: "padded", movement: { most: 0, labels: 0 } });
  });

  test("padded, where padding moves answers as mates of one length do", () => {
    const answers = { ...STILL, equal: moved(ALONE, QUANTISED), padded: moved(ALONE, -QUANTISED * 1.4) };
    const { batching, movement } = findingsOf(answers);
    expect(batching).toBe("padded");
    expect(movement.most).toBeCloseTo(QUANTISED * 1.4, 5);
  });

  test.each([
    ["nothing else does", { padded: moved(ALONE, 0.01) }],
    ["mates do so far less", { equal: moved(ALONE, QUANTISED), padded: moved(ALONE, QUANTISED * 4) }],
    ["it makes them no numbers", { padded: moved(ALONE, NaN) }],
    ["the model fails on it", { padded: undefined }],
  ])("with texts of their length alone, where padding moves answers and %s", (_, answers) => {
    expect(findingsOf({ ...STILL, ...answers }).batching).toBe("equal");
  });

  test.each([
    ["copies of a text change its answer", { copies: moved(ALONE, 0.01) }],
    ["mates of one length change answers by more than quantisation does", { equal: moved(ALONE, 2) }],
    ["the model fails on texts of one length", { equal: undefined }],
    ["the graph takes one text at a time", { oneByOne: true, copies: undefined, equal: undefined, padded: undefined }],
  ])("not at all, where %s", (_, answers) => {
    expect(findingsOf({ ...STILL, ...answers })).toMatchObject({ batching: "single", movement: { most: 0 } });
  });

  test("what the plain file moves in batches that it is not served with allows nothing", () => {
    expect(findingsOf({ ...STILL, padded: moved(ALONE, 3) }).movement).toMatchObject({ most: 0, labels: 0 });
  });
});

describe("what the graph gives is taken for", () => {
  test.each([
    ["logits", ALONE],
    ["softmax", rows([0.25, 0.75], [0.999, 0.001])],
    ["sigmoid", rows([0.25, 0.5], [0.9, 0.8])],
    ["sigmoid", rows([0.25], [1])],
    ["logits", rows([0.25, 0.75], [1.5, -0.5])],
  ] as const)("%s", (output, alone) => {
    expect(findingsOf({ ...STILL, alone }).output).toBe(output);
  });
});

describe("another file answers like the plain one", () => {
  const exact = findingsOf(STILL);
  const quantised = findingsOf({ ...STILL, equal: moved(ALONE, QUANTISED) });

  test("to a hundred-thousandth of the spread, where the plain file does not move", () => {
    expect(differenceOf(exact, ALONE, moved(ALONE, 6e-5))).toBeUndefined();
    expect(differenceOf(exact, ALONE, moved(ALONE, 1e-4))).toMatch(/off by 0\.0001/);
  });

  test("within the plain file's own movement, where it moves", () => {
    expect(differenceOf(quantised, ALONE, moved(ALONE, QUANTISED * 0.9))).toBeUndefined();
    expect(differenceOf(quantised, ALONE, moved(ALONE, QUANTISED * 1.1))).toMatch(/off by 0\.13/);
  });

  test("but not with another label for a text that the plain file's movement leaves no doubt about", () => {
    const wide = findingsOf({ ...STILL, equal: moved(ALONE, 0.5) });
    expect(wide.movement).toMatchObject({ labels: 0 });
    const [doubtful, clear] = [rows([0.4, 0], [0, 6], [3, 1]), rows([0.6, 0], [0, 6], [3, 1])];
    expect(differenceOf(wide, doubtful, rows([0.1, 0.3], [0, 6], [3, 1]))).toBeUndefined();
    expect(differenceOf(wide, clear, rows([0.2, 0.3], [0, 6], [3, 1]))).toMatch(/another label to 1 of 3 texts/);
    expect(differenceOf(exact, doubtful, rows([0.1, 0.3], [0, 6], [3, 1]))).toMatch(/another label to 1 of 3 texts/);
  });

  test("and never with numbers that are none", () => {
    expect(differenceOf(quantised, ALONE, moved(ALONE, NaN))).toMatch(/no finite numbers/);
  });
});
