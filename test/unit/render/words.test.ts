import { expect, test } from "vitest";
import { percent, shortCount, shortMs, wrapWords } from "../../../src/lib/render/words.ts";

test.each([
  [0, "0"],
  [99_999, "99999"],
  [100_000, "100k"],
  [999_999, "999k"],
  [1_250_000, "1.3M"],
  [99_000_000, "99M"],
  [4_000_000_000, "4.0G"],
])("shortCount(%d) is %s", (count, text) => {
  expect(shortCount(count)).toBe(text);
});

test.each([
  [0, "0%"],
  [0.004, "0.4%"],
  [0.612, "61%"],
  [1.2, "120%"],
])("percent(%d) is %s", (ratio, text) => {
  expect(percent(ratio)).toBe(text);
});

test.each([
  [null, "-"],
  [0.084, "0.08"],
  [3.44, "3.4"],
  [121.6, "122"],
])("shortMs(%s) is %s", (ms, text) => {
  expect(shortMs(ms)).toBe(text);
});

test("wrapWords breaks between words alone", () => {
  expect(wrapWords("one two  three\nabcdefghij k", 8)).toEqual(["one two", "three", "abcdefghij", "k"]);
  expect(wrapWords("", 8)).toEqual([""]);
});
