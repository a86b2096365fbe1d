import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PoissonTraffic, zipfByAlias } from "../../../src/daemon/simulation/traffic.ts";
import { Histogram } from "../../../src/daemon/simulation/histogram.ts";
import { ServiceTimes } from "../../../src/daemon/simulation/service-times.ts";
import { createRandom } from "../../../src/lib/random.ts";

describe("traffic", () => {
  test("arrivals are as many as a Poisson process has, minute by minute, and as irregular", () => {
    const minutes = [10, 0, 40];
    const traffic = new PoissonTraffic({ minutes, users: 10, unique: false }, [3, 4], createRandom(5));
    const counts = new Map<number, number>();
    const seconds = new Map<number, number>();
    for (let arrival = traffic.next()!; arrival.atMs < 300 * 60_000; arrival = traffic.next()!) {
      const minute = Math.floor(arrival.atMs / 60_000) % minutes.length;
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
      const second = Math.floor(arrival.atMs / 1000);
      if (minute === 2) seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    // A hundred minutes of each: 60,000, none and 240,000, give or take four standard deviations.
    expect(Math.abs((counts.get(0) ?? 0) - 60_000)).toBeLessThan(4 * Math.sqrt(60_000));
    expect(counts.get(1)).toBeUndefined();
    expect(Math.abs((counts.get(2) ?? 0) - 240_000)).toBeLessThan(4 * Math.sqrt(240_000));
    // Of a Poisson distribution the variance is the mean.
    const values = [...seconds.values()];
    const variance = values.reduce((sum, count) => sum + (count - 40) ** 2, 0) / values.length;
    expect(variance / 40).toBeCloseTo(1, 0);
  });

  test("nobody asks where the day has no requests", () => {
    expect(new PoissonTraffic({ minutes: [0, 0], users: 1, unique: false }, [1], Math.random).next()).toBeUndefined();
  });

  test("texts are asked for by Zipf's law: the k-th 1/k as often as the first", () => {
    const draw = zipfByAlias(50, createRandom(1));
    const counts = new Array<number>(50).fill(0);
    for (let count = 0; count < 500_000; count++) counts[draw()]! += 1;
    for (const rank of [2, 5, 10, 25]) expect(counts[0]! / counts[rank - 1]! / rank).toBeCloseTo(1, 0);
    // 1 / H(50), H(50) = 4.49921.
    expect(counts[0]! / 500_000).toBeCloseTo(1 / 4.499_21, 2);
  });
});

describe("what a batch takes", () => {
  const grid = [1, 4].flatMap((texts) => [10, 30].map((tokens) => ({ texts, tokens, ms: 2 + texts * tokens })));
  const times = new ServiceTimes({ threads: 1, grid, noise: [], crowding: [{ running: 2, factor: 1.4 }] });

  test("what was measured is told as it was measured", () => {
    for (const { texts, tokens, ms } of grid) expect(times.medianMs(texts, tokens)).toBeCloseTo(ms, 9);
  });

  test("between two measured ones it is on the line between them, and beyond the last goes on so", () => {
    expect(times.medianMs(1, 20)).toBeCloseTo(22, 9);
    expect(times.medianMs(2, 10)).toBeCloseTo(22, 9);
    expect(times.medianMs(4, 60)).toBeCloseTo(242, 9);
    expect(times.medianMs(8, 10)).toBeCloseTo(82, 9);
    expect([1, 2, 3].map((running) => times.crowdingOf(running))).toEqual([1, 1.4, 1.4]);
  });

  test("a longer batch and a fuller one never take less", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 }), (texts, tokens) => {
        const ms = times.medianMs(texts, tokens);
        expect(times.medianMs(texts + 1, tokens)).toBeGreaterThanOrEqual(ms - 1e-9);
        expect(times.medianMs(texts, tokens + 1)).toBeGreaterThanOrEqual(ms - 1e-9);
      }),
    );
  });
});

test("a quantile of the histogram is that of the values to half a percent", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((a, b) => a - b);
      for (const share of [0.5, 0.99]) {
        const exact = sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
        const told = histogram.quantileMs(share)!;
        expect(Math.abs(told / exact - 1)).toBeLessThan(0.0051);
      }
    }),
  );
});
