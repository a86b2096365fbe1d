import { expect, test } from "vitest";
import { perUserRateOf } from "../../../src/lib/per-user-rate.ts";
import { BAD_RATES, GOOD_RATES } from "../../support/per-user-rates.ts";

const [MINUTE, DAY] = [60, 86_400];

test.each(GOOD_RATES)("%s is %s a day", (text, aDay) => {
  expect(perUserRateOf(text, DAY)).toBeCloseTo(aDay, 6);
  expect(perUserRateOf(text, 1)).toBeCloseTo(aDay / DAY, 9);
});

test("what is told of the time that it is given for is the number that was given", () => {
  for (let count = 1; count <= 100; count++) expect(perUserRateOf(`${count}/min`, MINUTE)).toBe(count);
});

test.each(BAD_RATES)("%j is refused by its name", (text) => {
  expect(() => perUserRateOf(text, MINUTE)).toThrow(`--per-user ${text}: give how often a user asks, as 2/min`);
});
