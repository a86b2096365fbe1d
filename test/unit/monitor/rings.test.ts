import fc from "fast-check";
import { expect, test } from "vitest";
import { RateMeter } from "../../../src/lib/monitor/rates.ts";
import { Ring, RING_SECONDS } from "../../../src/lib/monitor/ring.ts";

test("a rate needs two readings, and begins anew with a counter that went back", () => {
  const meter = new RateMeter();
  expect(meter.next(100, 1000)).toBeNull();
  expect(meter.next(150, 2000)).toBe(50);
  expect(meter.next(160, 4000)).toBe(5);
  expect(meter.next(3, 5000)).toBeNull();
  expect(meter.next(10, 6000)).toBe(7);
});

test("a rate over a span counts all of it, and not more than the span", () => {
  const meter = new RateMeter(5000);
  const rates = [0, 10, 10, 10, 10, 10, 10, 10].map((value, second) => meter.next(value, second * 1000));
  expect(rates).toEqual([null, 10, 5, 10 / 3, 2.5, 2, 0, 0]);
});

test("stretches show their highest figure, gaps stay gaps", () => {
  const ring = new Ring();
  for (const [second, value] of [1, 5, 2, 3].entries()) ring.put(value, second * 1000);
  ring.put(7, 8000);
  expect(ring.peaks(5, 2, 9000)).toEqual([5, 3, null, null, 7]);
  expect(ring.peaks(2, 2, 19_000)).toEqual([null, null]);
});

test("holds ten minutes, whatever was put in and however late", () => {
  const puts = fc.array(fc.record({ step: fc.integer({ min: 0, max: 2000 }), value: fc.integer({ min: 1, max: 9 }) }));
  fc.assert(
    fc.property(puts, (steps) => {
      const ring = new Ring();
      const known = new Map<number, number>();
      let second = 0;
      for (const { step, value } of steps) {
        second += step;
        ring.put(value, second * 1000);
        known.set(second, value);
      }
      const expected = Array.from(
        { length: RING_SECONDS },
        (_, at) => known.get(second - RING_SECONDS + 1 + at) ?? null,
      );
      expect(ring.peaks(RING_SECONDS, 1, second * 1000)).toEqual(steps.length === 0 ? expected.fill(null) : expected);
    }),
  );
});
