import fc from "fast-check";
import { expect, test } from "vitest";
import { Quantiles } from "../../../src/daemon/metrics/quantiles.ts";

const WINDOW_MS = 1000;

function quantiles(): { all: Quantiles; setNow: (ms: number) => void } {
  let now = 0;
  return { all: new Quantiles(() => now, WINDOW_MS), setNow: (ms) => (now = ms) };
}

test("nothing added is nothing measured", () => {
  expect(quantiles().all.at(0.5)).toBeNull();
});

test("each quantile is a value that was added, to within 1 %", () => {
  const holds = (values: number[], share: number): void => {
    const { all } = quantiles();
    for (const value of values) all.add(value);
    const sorted = values.toSorted((a, b) => a - b);
    const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
    const found = all.at(share)!;
    expect(Math.abs(found / exact - 1)).toBeLessThan(0.0101);
  };
  const values = fc.array(fc.double({ min: 0.01, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), holds));
});

test("what is out of range counts at its end", () => {
  const { all } = quantiles();
  all.add(0);
  expect(all.at(1)).toBeLessThan(0.011);
  all.add(1e9);
  expect(all.at(1)).toBeGreaterThan(600_000);
});

test("a value counts in its own window and the next one, and then no more", () => {
  const { all, setNow } = quantiles();
  all.add(100);
  setNow(1500);
  all.add(10);
  expect([all.at(0)! < 11, all.at(1)! > 99]).toEqual([true, true]);
  setNow(2500);
  expect(all.at(1)! < 11).toBe(true);
  setNow(3500);
  expect(all.at(1)).toBeNull();
});

test("after a long silence nothing is left", () => {
  const { all, setNow } = quantiles();
  all.add(100);
  setNow(60_000);
  expect(all.at(0.5)).toBeNull();
  all.add(5);
  expect(all.at(0.5)! < 5.1).toBe(true);
});

test("several at once are those that one by one would be", () => {
  const shares = [0, 0.5, 0.9, 0.99, 1];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 600_000, noNaN: true })), (values) => {
      const { all } = quantiles();
      for (const value of values) all.add(value);
      expect(all.atEach(shares)).toEqual(shares.map((share) => all.at(share)));
    }),
  );
});
