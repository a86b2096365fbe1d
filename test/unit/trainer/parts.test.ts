import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dealFolds } from "../../../src/lib/training/folds.ts";
import { readLabelName } from "../../../src/lib/training/label-names.ts";
import { englishLexicon } from "../../../src/lib/training/lexicon.ts";
import { evaluationOf } from "../../../scripts/model/evaluation.ts";
import { separation } from "../../../src/lib/evaluation/statistics.ts";
import { createRandom } from "../../../src/lib/random.ts";
import type { Scored } from "../../../src/lib/evaluation/scored.ts";

describe("folds", () => {
  const examples = [0, 1, 2].flatMap((label) => Array.from({ length: 5 }, (_, at) => ({ label, at })));

  test("hold the same number of each label, and each example once", () => {
    const turns = dealFolds(examples, { folds: 5, enough: 1000 }, createRandom(3));
    for (const { unseen } of turns) expect(unseen.map(({ label }) => label)).toEqual([0, 1, 2]);
    expect(new Set(turns.flatMap(({ unseen }) => unseen))).toEqual(new Set(examples));
    for (const { train, unseen } of turns) expect(new Set([...train, ...unseen]).size).toBe(examples.length);
  });

  test("take no more turns than it takes to see enough examples", () => {
    // A turn of five sees 3 of 15.
    const turnsFor = (enough: number): number => dealFolds(examples, { folds: 5, enough }, createRandom(3)).length;
    expect([1, 3, 4, 6, 15, 99].map(turnsFor)).toEqual([1, 1, 2, 2, 5, 5]);
  });
});

test.each([
  ["card_arrival", "card arrival"],
  ["cardArrival", "card arrival"],
  ["Refund_not_showing_up", "refund not showing up"],
  ["top-up.by/card", "top up by card"],
  ["LABEL_7", undefined],
  ["42", undefined],
])("the label %s says %s", (label, words) => {
  const known = new Set(["card", "refund", "up", "42"]);
  expect(readLabelName(label, (word) => known.has(word))).toBe(words);
});

test("the lexicon of English has words that are one token each, in themes of two or more, each named once", () => {
  const themes = readFileSync(englishLexicon, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(": "));
  expect(new Set(themes.map(([name]) => name)).size).toBe(themes.length);
  for (const [name, list = ""] of themes) {
    const words = list.split(" ");
    expect(words.length, name).toBeGreaterThan(1);
    expect(new Set(words).size, name).toBe(words.length);
    for (const word of words) expect(word, name).toMatch(/^[a-z0-9]+$/);
  }
});

describe("scope", () => {
  test("separation is the share of pairs won, a tie half", () => {
    expect(separation([0.9, 0.5], [0.5, 0.1])).toBe(3.5 / 4);
    expect(separation([0.1], [0.9])).toBe(0);
    expect(separation([0.4, 0.4], [0.4])).toBe(0.5);
  });

  test("thresholds tell what is answered on each side", () => {
    const known = [0.95, 0.6, 0.4, 0.1].map((score) => row("greeting", "greeting", score));
    const strangers = [0.8, 0.2, 0.5].map((score) => row(null, "greeting", score));
    const { outOfScope } = evaluationOf([...known, ...strangers], ["greeting"], ["weather", "jokes", "weather"]);
    expect(outOfScope).toMatchObject({ texts: 3, labels: ["jokes", "weather"], meanConfidence: 0.5 });
    // 0.95 wins 3 pairs, 0.6 wins 2, 0.4 wins 1, 0.1 none: 6 of 12.
    expect(outOfScope?.auroc).toBe(0.5);
    expect(outOfScope?.thresholds).toEqual([
      { confidence: 0.3, answeredInScope: 0.75, answeredOutOfScope: 0.6667 },
      { confidence: 0.5, answeredInScope: 0.5, answeredOutOfScope: 0.6667 },
      { confidence: 0.7, answeredInScope: 0.25, answeredOutOfScope: 0.3333 },
      { confidence: 0.9, answeredInScope: 0.25, answeredOutOfScope: 0 },
    ]);
  });
});

describe("the figures of a model", () => {
  test("are told to four decimals, of each trained label, also of one that no text has", () => {
    const rows = [row("a", "a", 0.95), row("a", "b", 0.35), row("b", "b", 0.75)];
    expect(evaluationOf(rows, ["c", "b", "a"])).toEqual({
      texts: 3,
      accuracy: 0.6667,
      // Wilson's for 2 of 3, as R has it: prop.test(2, 3, correct = FALSE).
      interval: [0.2077, 0.9385],
      meanConfidence: 0.6833,
      // A bin each: gaps of 0.05, 0.35 and 0.25.
      calibrationError: 0.2167,
      thresholds: [
        { confidence: 0.3, answered: 1, accuracy: 0.6667 },
        { confidence: 0.5, answered: 0.6667, accuracy: 1 },
        { confidence: 0.7, answered: 0.6667, accuracy: 1 },
        { confidence: 0.9, answered: 0.3333, accuracy: 1 },
      ],
      labels: [
        { label: "c", texts: 0, precision: 0, recall: 0 },
        { label: "b", texts: 1, precision: 0.5, recall: 1 },
        { label: "a", texts: 2, precision: 1, recall: 0.5 },
      ],
      confusions: [{ expected: "a", predicted: "b", count: 1 }],
    });
  });

  test("name every confusion, however many there are", () => {
    const labels = Array.from({ length: 60 }, (_, at) => `label ${at}`);
    const rows = labels.map((label, at) => row(label, labels[(at + 1) % labels.length]!, 0.5));
    expect(evaluationOf(rows, labels).confusions).toHaveLength(60);
  });
});

function row(expected: string | null, predicted: string, score: number): Scored {
  return { text: "", expected, predicted, score, expectedScore: expected === predicted ? score : 0 };
}
