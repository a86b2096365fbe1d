import { describe, expect, test } from "vitest";
import { fit } from "../../../src/lib/evaluation/fit.ts";
import type { FitRow } from "../../../src/lib/evaluation/fit.ts";
import { createRandom } from "../../../src/lib/random.ts";
import type { Random } from "../../../src/lib/random.ts";

const LABELS = ["a", "b", "c", "d"];
const ASKED = { labels: LABELS, temperature: 1, targetAccuracy: 0.95, seed: 1 };

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Labels drawn by the very shares that logits stand for, which are then made `boast` times as large: an honest model at
 * a temperature of `boast`, and by no other.
 */
function rowsBy(seed: number, count: number, boast: number): FitRow[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, at) => {
    const logits = LABELS.map(() => 2.5 * gaussian(random));
    const powers = logits.map(Math.exp);
    let left = random() * powers.reduce((sum, power) => sum + power);
    const label = powers.findIndex((power) => (left -= power) < 0);
    return { text: `row ${at}`, expected: LABELS[label]!, logits: Float32Array.from(logits, (one) => one * boast) };
  });
}

/** Of other rows of the same kind: sum over ten bins of how far scores are off. */
function calibrationError(rows: readonly FitRow[], temperature: number): number {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, score: 0, right: 0 }));
  for (const { logits, expected } of rows) {
    const powers = [...logits].map((logit) => Math.exp(logit / temperature));
    const best = powers.indexOf(Math.max(...powers));
    const score = powers[best]! / powers.reduce((sum, power) => sum + power);
    const bin = bins[Math.min(9, Math.floor(score * 10))]!;
    bin.count += 1;
    bin.score += score;
    if (LABELS[best] === expected) bin.right += 1;
  }
  return bins.reduce((sum, { score, right }) => sum + Math.abs(score - right), 0) / rows.length;
}

describe.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  test("the temperature is the one that the rows were made with, and lowers the error on data it has not seen", () => {
    const { settings, before, after, remarks } = fit(rowsBy(seed, 1500, 2), { ...ASKED, seed });
    expect(settings.temperature).toBeGreaterThan(1.75);
    expect(settings.temperature).toBeLessThan(2.25);
    expect(after.error).toBeLessThan(before.error);
    expect(after.loss).toBeLessThan(before.loss);
    expect(remarks).toEqual([]);
    const others = rowsBy(seed + 100, 4000, 2);
    expect(calibrationError(others, settings.temperature!)).toBeLessThan(calibrationError(others, 1) / 2);
  });

  test("thresholds reach the wanted accuracy within its interval, on rows that they have not seen", () => {
    const { settings, accepted } = fit(rowsBy(seed, 1500, 2), { ...ASKED, seed });
    expect(settings.minScore).toBeGreaterThan(0);
    expect(accepted!.interval[1]).toBeGreaterThan(0.95);
    expect(accepted!.answered).toBeGreaterThan(100);
  });
});

test("an honest model keeps its temperature", () => {
  const { settings, remarks, before, after } = fit(rowsBy(9, 1500, 1), { ...ASKED, temperature: 1 });
  if (settings.temperature === undefined) expect(remarks[0]).toMatch(/^No other temperature/);
  expect(after.loss).toBeLessThanOrEqual(before.loss);
});

test("what nothing reaches is not written", () => {
  const random = createRandom(3);
  const rows = rowsBy(3, 400, 1).map((row) => ({ ...row, expected: LABELS[Math.floor(random() * 4)]! }));
  const { settings, remarks, accepted } = fit(rows, { ...ASKED, targetAccuracy: 0.999 });
  expect(settings.minScore).toBeUndefined();
  expect(settings.thresholds).toBeUndefined();
  expect(remarks.at(-1)).toMatch(/^No threshold reaches an accuracy of 0\.999/);
  expect(accepted).toBeNull();
});

test("too few rows are refused, those of labels that the model has not among them", () => {
  expect(() => fit(rowsBy(1, 199, 1), ASKED)).toThrow(/^199 rows of the model's labels are too few/);
  const strange = rowsBy(1, 250, 1).map((row, at) => (at < 100 ? { ...row, expected: "x" } : row));
  expect(() => fit(strange, ASKED)).toThrow(/^150 rows/);
});
