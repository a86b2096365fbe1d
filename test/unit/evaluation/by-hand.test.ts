import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { evaluate } from "../../../src/lib/evaluation/evaluate.ts";
import type { Scored } from "../../../src/lib/evaluation/scored.ts";
import { mcNemar } from "../../../src/lib/evaluation/statistics.ts";
import { createRandom } from "../../../src/lib/random.ts";

const SCRIPT = join(import.meta.dirname, "../../support/python/eval_by_hand.py");
const HAS_PYTHON = spawnSync("python3", ["--version"]).status === 0;
const TARGET = 0.8;
const EXACT = [
  [0, 0],
  [3, 1],
  [10, 30],
  [480, 520],
] as const;
const CONTINUITY = [
  [501, 500],
  [520, 540],
  [600, 720],
  [900, 1400],
] as const;

interface ByHand {
  readonly accuracy: number;
  readonly interval: readonly number[];
  readonly labels: readonly { label: string; precision: number | null; recall: number | null; f1: number | null }[];
  readonly error: number;
  readonly loss: number;
  readonly meanScore: number;
  readonly coverage: readonly { answered: number; accuracy: number | null; outOfScope: number }[];
  readonly threshold: number;
  readonly auroc: number;
  readonly exact: readonly number[];
  readonly continuity: readonly number[];
}

/** Surer where right, one label never given, one never wanted, scores that are equal, and rows of no label. */
function rowsBy(seed: number): Scored[] {
  const random = createRandom(seed);
  const labels = ["a", "b", "c", "d", "e"];
  const draw = (most: number): string => labels[Math.floor(random() * most)]!;
  return Array.from({ length: 600 }, (_, at) => {
    const expected = at % 6 === 0 ? null : draw(4);
    const predicted = expected !== null && expected !== "d" && random() < 0.7 ? expected : draw(3);
    const sure = expected === predicted ? 0.4 + 0.6 * random() : 0.2 + 0.7 * random();
    const score = Math.round(sure * 200) / 200;
    return { text: `row ${at}`, expected, predicted, score, expectedScore: expected === predicted ? score : 0.01 };
  }).map((row, at) => (at === 7 && row.expected !== null ? { ...row, predicted: "e" } : row));
}

test.skipIf(!HAS_PYTHON).each([1, 2, 3])("seed %i: every figure is that of the textbook, to 1e-9", (seed) => {
  const rows = rowsBy(seed);
  const found = evaluate(rows, { targetAccuracy: TARGET });
  const scores = found.coverage.map(({ score }) => score);
  const input = JSON.stringify({ rows, target: TARGET, scores, exact: EXACT, continuity: CONTINUITY });
  const { stdout, stderr } = spawnSync("python3", [SCRIPT], { input, encoding: "utf8" });
  expect(stderr).toBe("");
  const hand = JSON.parse(stdout) as ByHand;
  const near = (value: number | null | undefined, wanted: number | null | undefined): void => {
    if (typeof wanted !== "number" || typeof value !== "number") expect(value).toBe(wanted);
    else expect(Math.abs(value - wanted), `${value} for ${wanted}`).toBeLessThanOrEqual(1e-9);
  };
  near(found.accuracy, hand.accuracy);
  hand.interval.forEach((bound, at) => near(found.interval[at], bound));
  expect(found.labels.map(({ label }) => label)).toEqual(hand.labels.map(({ label }) => label));
  expect(found.labels.some(({ precision }) => precision === null)).toBe(true);
  expect(found.labels.some(({ recall }) => recall === null)).toBe(true);
  for (const [at, label] of hand.labels.entries())
    for (const figure of ["precision", "recall", "f1"] as const) near(found.labels[at]![figure], label[figure]);
  const wanted = hand.labels.filter(({ recall }) => recall !== null).map(({ f1 }) => f1!);
  near(found.macroF1, wanted.reduce((sum, f1) => sum + f1) / wanted.length);
  near(found.calibration.error, hand.error);
  near(found.calibration.loss, hand.loss);
  near(found.calibration.meanScore, hand.meanScore);
  for (const [at, point] of hand.coverage.entries())
    for (const figure of ["answered", "accuracy", "outOfScope"] as const)
      near(found.coverage[at]![figure], point[figure]);
  near(found.target.overall?.score, hand.threshold);
  near(found.outOfScope?.auroc, hand.auroc);
  EXACT.forEach(([b, c], at) => near(mcNemar(b, c).p, hand.exact[at]));
  CONTINUITY.forEach(([b, c], at) => near(mcNemar(b, c).p, hand.continuity[at]));
  expect([EXACT, CONTINUITY].map((all) => new Set(all.map(([b, c]) => mcNemar(b, c).test)))).toEqual([
    new Set(["exact"]),
    new Set(["continuity"]),
  ]);
});
