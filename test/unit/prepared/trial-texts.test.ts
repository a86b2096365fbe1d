import { expect, test } from "vitest";
import { alone, copiesOf, ofAllLengths, ofOneLength } from "../../../src/daemon/prepared/trial-batches.ts";
import { trialTexts } from "../../../src/daemon/prepared/trial-texts.ts";
import type { TrialModel } from "../../../src/daemon/prepared/trial.ts";

/** A token for each character, between a first and a last one. */
function characters(windowTokens: number): TrialModel {
  const encode = (text: string): { ids: Int32Array } => ({
    ids: Int32Array.from(
      [1, ...Array.from(text, (character) => 10 + (character.codePointAt(0)! % 90)), 2].slice(0, windowTokens),
    ),
  });
  const probe = encode("hello").ids;
  return {
    output: "logits",
    labels: 2,
    padId: 0,
    padLeft: false,
    threads: 1,
    vocabulary: 100,
    windowTokens,
    probe,
    encode,
  };
}

test.each([4, 16, 64, 512, 8192])(
  "at least 32 texts of several lengths, none longer than a window of %i",
  async (window) => {
    const { texts } = await trialTexts(characters(window));
    const lengths = texts.map(({ ids }) => ids.length);
    expect(texts.length).toBeGreaterThanOrEqual(32);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(Math.min(window, 512));
    expect(Math.max(...lengths)).toBeGreaterThan(Math.min(window, 512) * 0.8);
    expect(new Set(lengths).size).toBeGreaterThan(window > 16 ? 10 : 0);
  },
);

test("a mate has its text's tokens in another order between the special ones", async () => {
  const { texts } = await trialTexts(characters(512));
  const [first] = texts;
  const mate = texts.find(({ ids }, at) => at > 0 && ids.length === first!.ids.length && ids !== first!.ids);
  expect(mate!.ids[0]).toBe(1);
  expect(mate!.ids.at(-1)).toBe(2);
  expect(mate!.ids.toSorted()).toEqual(first!.ids.toSorted());
  expect([...mate!.ids]).not.toEqual([...first!.ids]);
});

test("the last entry of the vocabulary is asked for as a text", async () => {
  const { lastEntry } = await trialTexts(characters(512));
  expect([...lastEntry.ids]).toEqual([1, 99, 2]);
});

test("batches of one length are of one length, and those of all lengths have every text that is not long", async () => {
  const { texts } = await trialTexts(characters(512));
  const all = [...texts.keys()];
  const lengthsOf = (batch: readonly number[]): Set<number> => new Set(batch.map((index) => texts[index]!.ids.length));
  expect(alone(texts).flat()).toEqual(all);
  for (const batch of ofOneLength(texts)) expect([batch.length > 1, lengthsOf(batch).size]).toEqual([true, 1]);
  const short = all.filter((index) => texts[index]!.ids.length <= 128);
  expect(new Set(ofAllLengths(texts).flat())).toEqual(new Set(short));
  for (const batch of ofAllLengths(texts)) expect(lengthsOf(batch).size).toBeGreaterThan(1);
  for (const batch of copiesOf(texts)) expect(new Set(batch).size).toBe(1);
});
