import { describe, expect, test } from "vitest";
import { Judge, overridden } from "../../../src/daemon/classifier/judge.ts";
import type { Wanted } from "../../../src/lib/protocol/decision.ts";

const LABELS = ["order", "refund", "hours", "bye"];
const ONE_OF_THEM = { labels: LABELS, apart: false };
const EACH = { labels: LABELS, apart: true };

/** @param parts in millionths, best first, of the labels in this order. */
function answer(parts: readonly number[], ranking: readonly number[] = [...parts.keys()]) {
  return { ranking, millionths: parts, truncated: false };
}

function verdictOf(judge: Judge, whole: ReturnType<typeof answer>) {
  const verdict: Parameters<Judge["mark"]>[0] = {};
  judge.mark(verdict, whole, judge.among(whole));
  return verdict;
}

function decide(wanted: Wanted, parts: readonly number[], judged = ONE_OF_THEM) {
  const judge = new Judge(wanted, judged);
  const whole = answer(parts);
  return verdictOf(judge, whole);
}

describe("of labels of which one is right", () => {
  test.each<[Wanted, number[], object]>([
    [{ minScore: 0.7 }, [700_000, 300_000], { decision: "accept", margin: 0.4 }],
    [{ minScore: 0.7 }, [699_999, 300_001], { decision: "unsure", margin: 0.399_998 }],
    [{ minMargin: 0.2 }, [600_000, 400_000], { decision: "accept", margin: 0.2 }],
    [
      { minMargin: 0.2 },
      [500_000, 310_000, 190_000],
      { decision: "ambiguous", margin: 0.19, alternatives: [{ label: "refund", score: 0.31 }] },
    ],
    // The two together are sure: it is one of them.
    [
      { minScore: 0.8, minMargin: 0.2 },
      [450_000, 400_000, 150_000],
      { decision: "ambiguous", margin: 0.05, alternatives: [{ label: "refund", score: 0.4 }] },
    ],
    // All that are near are not.
    [{ minScore: 0.8, minMargin: 0.2 }, [400_000, 300_000, 190_000], { decision: "unsure", margin: 0.1 }],
    [{ minScore: 0.8, minMargin: 0.1 }, [600_000, 400_000], { decision: "unsure", margin: 0.2 }],
    [{ thresholds: { order: 0.9 }, minScore: 0.1 }, [800_000, 200_000], { decision: "unsure", margin: 0.6 }],
    [{ thresholds: { refund: 0.9 }, minScore: 0.1 }, [800_000, 200_000], { decision: "accept", margin: 0.6 }],
  ])("%j of %j", (wanted, parts, verdict) => {
    expect(decide(wanted, parts)).toEqual(verdict);
  });

  test("eight alternatives at most are told", () => {
    const labels = Array.from({ length: 20 }, (_, at) => `label ${at}`);
    const { alternatives } = decide({ minMargin: 1 }, Array<number>(20).fill(50_000), { labels, apart: false });
    expect(alternatives?.map(({ label }) => label)).toEqual(labels.slice(1, 9));
  });
});

test("of labels by themselves each has its own threshold, and none is ambiguous", () => {
  const wanted = { minScore: 0.5, thresholds: { hours: 0.2, refund: 0.9 } };
  expect(decide(wanted, [950_000, 850_000, 300_000, 100_000], EACH)).toEqual({
    decision: "accept",
    accepted: [
      { label: "order", score: 0.95 },
      { label: "hours", score: 0.3 },
    ],
  });
  expect(decide(wanted, [450_000, 400_000, 100_000], EACH)).toEqual({ decision: "unsure", accepted: [] });
  expect(() => new Judge({ minMargin: 0.1 }, EACH)).toThrow(/minMargin: these labels stand each by itself/);
});

describe("candidates", () => {
  const judge = new Judge({ candidates: ["bye", "refund"], minScore: 0.7 }, ONE_OF_THEM);

  test("alone are eligible, and their scores are over what they have together", () => {
    const whole = answer([600_000, 300_000, 100_000], [0, 1, 3]);
    const among = judge.among(whole);
    expect(among).toEqual({ ranking: [1, 3], millionths: [750_000, 250_000], truncated: false });
    expect(verdictOf(judge, whole)).toEqual({
      decision: "accept",
      margin: 0.5,
      candidates: { count: 2, share: 0.4 },
    });
  });

  test("with nothing at all stay without", () => {
    const whole = answer([1_000_000, 0, 0, 0]);
    expect(judge.among(whole)).toMatchObject({ ranking: [1, 3], millionths: [0, 0] });
    expect(verdictOf(judge, whole)).toMatchObject({ decision: "unsure", candidates: { share: 0 } });
  });

  test("alone ask for no decision; of labels by themselves scores stay", () => {
    const whole = answer([600_000, 300_000], [0, 1]);
    const alone = new Judge({ candidates: ["refund"] }, EACH);
    expect(alone.among(whole)).toMatchObject({ ranking: [1], millionths: [300_000] });
    expect(verdictOf(alone, whole)).toEqual({ candidates: { count: 1 } });
  });

  test("need every label of a model with more than are kept", () => {
    const labels = Array.from({ length: 65 }, (_, at) => `label ${at}`);
    const needs = (wanted: Wanted, count: number) =>
      new Judge(wanted, { labels: labels.slice(0, count), apart: false }).needs;
    expect(needs({ candidates: ["label 1"] }, 65)).toBe(65);
    expect(needs({ candidates: ["label 1"] }, 64)).toBe(1);
    expect(needs({ minScore: 0.5 }, 65)).toBe(1);
  });
});

test.each(["candidates", "thresholds"])("a label in %s that there is not is named", (field) => {
  const wanted = field === "candidates" ? { candidates: ["order", "xyz"] } : { thresholds: { xyz: 0.5 } };
  expect(() => new Judge(wanted, ONE_OF_THEM)).toThrow(`${field}: there is no label "xyz"`);
});

test("labels of one name are eligible together", () => {
  const judge = new Judge({ candidates: ["a"] }, { labels: ["a", "b", "a"], apart: false });
  expect(judge.among(answer([500_000, 300_000, 200_000], [1, 0, 2])).ranking).toEqual([0, 2]);
});

test("what a call says of scores or thresholds takes the place of both, and of the rest each for itself", () => {
  const own = { minScore: 0.5, thresholds: { order: 0.9 }, minMargin: 0.1, candidates: ["order"] };
  expect(overridden({}, own)).toEqual(own);
  expect(overridden({ minScore: 0.2 }, own)).toEqual({ ...own, minScore: 0.2, thresholds: undefined });
  expect(overridden({ thresholds: { bye: 0.1 } }, own)).toMatchObject({
    minScore: undefined,
    thresholds: { bye: 0.1 },
  });
  expect(overridden({ minMargin: 0.3, candidates: ["bye"] }, own)).toMatchObject({
    minScore: 0.5,
    minMargin: 0.3,
    candidates: ["bye"],
  });
});
