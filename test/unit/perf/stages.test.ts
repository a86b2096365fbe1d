import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CombotError } from "../../../src/lib/errors.ts";
import { isMissed } from "../../../src/lib/perf/abort-watch.ts";
import { profileTimesMs } from "../../../src/lib/perf/load/arrivals.ts";
import type { RatePiece } from "../../../src/lib/perf/load/arrivals.ts";
import type { LoadProgress } from "../../../src/lib/perf/load/order.ts";
import { parseStages } from "../../../src/lib/perf/stages.ts";
import type { WatchedSample } from "../../../src/lib/perf/watch/daemon-watch.ts";
import { createRandom } from "../../../src/lib/random.ts";

const USAGE = expect.objectContaining({ code: "USAGE" }) as CombotError;

describe("stages", () => {
  test("go evenly from one rate to the next, from none; one of no length is a leap", () => {
    expect(parseStages("30s:10,2m:50,0s:80,1m:80,30s:0")).toEqual([
      { seconds: 30, fromPerSecond: 0, toPerSecond: 10 },
      { seconds: 120, fromPerSecond: 10, toPerSecond: 50 },
      { seconds: 60, fromPerSecond: 80, toPerSecond: 80 },
      { seconds: 30, fromPerSecond: 80, toPerSecond: 0 },
    ]);
  });

  test.each([
    "",
    "30s",
    "30s:",
    ":10",
    "soon:10",
    "30s:-1",
    "30s:1e9",
    "30s:10,,",
    "25h:1",
    "0s:10",
    "30s:0",
    "1m:10;2m:3",
  ])("%j is refused", (text) => expect(() => parseStages(text)).toThrow(USAGE));
});

const piece = fc.record({
  seconds: fc.integer({ min: 1, max: 20 }),
  fromPerSecond: fc.integer({ min: 0, max: 30 }),
  toPerSecond: fc.integer({ min: 0, max: 30 }),
});

describe("arrivals of a rate that changes", () => {
  const countIn = (times: readonly number[], fromMs: number, toMs: number): number =>
    times.filter((time) => time >= fromMs && time < toMs).length;

  test("even ones are as many as the rate's integral, in each half of a ramp", () => {
    const times = profileTimesMs("even", parseStages("10s:40,10s:0"), createRandom(1)).toArray();
    // Up to 40 in 10 s: 50 in the first 5 s of the triangle, 150 in the next, and the same backwards.
    expect([0, 5, 10, 15].map((from) => countIn(times, from * 1000, (from + 5) * 1000))).toEqual([50, 150, 150, 50]);
  });

  test("random ones come as often as the rate says at each time", () => {
    const times = profileTimesMs("poisson", parseStages("100s:200,0s:50,100s:50"), createRandom(7)).toArray();
    // 10,000 and 5,000 are expected; four standard deviations are 400 and 283.
    expect(Math.abs(countIn(times, 0, 100_000) - 10_000)).toBeLessThan(400);
    expect(Math.abs(countIn(times, 100_000, 200_000) - 5000)).toBeLessThan(283);
    expect(Math.abs(countIn(times, 0, 50_000) - 2500)).toBeLessThan(200);
  });

  test("never go back, never leave the profile, and are as many as it says", () => {
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.integer(), (profile: RatePiece[], seed) => {
        const lengthMs = 1000 * profile.reduce((sum, { seconds }) => sum + seconds, 0);
        const whole = profile.reduce((sum, one) => sum + (one.seconds * (one.fromPerSecond + one.toPerSecond)) / 2, 0);
        const even = profileTimesMs("even", profile, createRandom(seed)).toArray();
        expect(Math.abs(even.length - whole)).toBeLessThanOrEqual(0.5 + 1e-6);
        for (const times of [even, profileTimesMs("poisson", profile, createRandom(seed)).toArray()]) {
          const outside = times.filter((time, at) => time < (times[at - 1] ?? 0) || time > lengthMs + 1e-6);
          expect(outside).toEqual([]);
        }
      }),
    );
  });
});

const QUICK: LoadProgress = {
  isWarm: true,
  seconds: 5,
  begun: 1000,
  answered: { computed: 200, memory: 700, redis: 80 },
  failed: 10,
  p50Ms: 5,
  p99Ms: 40,
  quantilesMs: { p50: 5, p90: 20, p99: 40, p999: 90, max: 120 },
  overdue: [],
};

function seen(usedBytes: number, usage: number, machineCpu: number | null): WatchedSample {
  return { atMs: 0, sample: { memory: { usedBytes, usage } }, cpu: { machineCpu } } as unknown as WatchedSample;
}

describe("what ends a run", () => {
  test.each([
    ["p99", 41, {}, false],
    ["p99", 40, {}, true],
    ["p50", 5.1, {}, false],
    ["max", 120, {}, true],
    // Of 1000 more than ten have waited for 2 s, though none of them was answered.
    ["p99", 2000, { overdue: [[2500, 11]] }, true],
    [
      "p99",
      2000,
      {
        overdue: [
          [1900, 500],
          [2500, 10],
        ],
      },
      false,
    ],
    ["p99", 40, { begun: 99 }, false],
    ["errors", 0.01, {}, true],
    ["errors", 0.011, {}, false],
    ["errors", 0.01, { begun: 99, failed: 99 }, false],
    ["hit-rate", 0.8, {}, true],
    ["hit-rate", 0.79, {}, false],
  ] as const)("%s at %s", (name, limit, changes, missed) => {
    expect(isMissed(name, limit, { ...QUICK, ...(changes as Partial<LoadProgress>) }, [])).toBe(missed);
  });

  test("memory and CPU count where three readings agree", () => {
    const [high, low] = [seen(2e9, 0.9, 0.95), seen(1e9, 0.5, null)];
    expect(isMissed("memory", 2e9, QUICK, [low, high, high, high])).toBe(true);
    expect(isMissed("memory-usage", 0.9, QUICK, [high, high, low])).toBe(false);
    expect(isMissed("cpu", 0.9, QUICK, [high, high])).toBe(false);
    expect(isMissed("cpu", 0.9, QUICK, [high, high, high])).toBe(true);
  });
});
