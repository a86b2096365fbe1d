import { describe, expect, test } from "vitest";
import { deviationOf } from "../../../src/daemon/policy/drift.ts";
import type { DecidedHour } from "../../../src/daemon/policy/drift.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse("2026-03-20T12:30:00Z");

/** @param shareOf of the hour so many hours ago. */
function hours(count: number, decided: number, shareOf: (ago: number) => number): DecidedHour[] {
  return Array.from({ length: count }, (_, ago) => {
    const unsure = Math.round(decided * shareOf(ago));
    return { atMs: Math.floor(NOW_MS / HOUR_MS - ago) * HOUR_MS, decided, unsure };
  });
}

describe("the share of answers not accepted against its two weeks", () => {
  test("by hand: stretches that all are alike differ by chance alone", () => {
    // 6 hours of 200 answers, 20 in 100 not accepted where it was 10: 0.1 / sqrt(0.1 × 0.9 / 1200) = 11.547.
    const found = deviationOf(
      hours(90, 200, (ago) => (ago < 6 ? 0.2 : 0.1)),
      NOW_MS,
    );
    expect(found).toBeCloseTo(0.1 / Math.sqrt((0.1 * 0.9) / 1200), 9);
  });

  test("by hand: what stretches differ by is no news", () => {
    // In turns 5 and 15 in 100: shares of 0.05 and 0.15 over 14 stretches, variance 14 × 0.05² / 13, of which chance
    // makes the mean of 0.1 × 0.9 / 1200.
    const share = (ago: number): number => (ago < 6 ? 0.2 : Math.floor(ago / 6) % 2 === 0 ? 0.05 : 0.15);
    const variance = (14 * 0.05 ** 2) / 13;
    const chance = (0.1 * 0.9) / 1200;
    const noise = Math.sqrt(variance - chance + chance);
    expect(deviationOf(hours(90, 200, share), NOW_MS)).toBeCloseTo(0.1 / noise, 9);
  });

  test("noise is taken for half a point in a hundred at least", () => {
    const share = (ago: number): number => (ago < 6 ? 0.11 : 0.1);
    expect(deviationOf(hours(90, 100_000, share), NOW_MS)).toBeCloseTo(0.01 / 0.005, 9);
  });

  test("it is as far off where the share has fallen", () => {
    const found = deviationOf(
      hours(90, 200, (ago) => (ago < 6 ? 0.05 : 0.1)),
      NOW_MS,
    );
    expect(found).toBeCloseTo(0.05 / Math.sqrt((0.1 * 0.9) / 1200), 9);
  });

  test("too little tells nothing: under three days, under 500 answers now, under 1000 before", () => {
    const alike = (): number => 0.1;
    expect(deviationOf(hours(72, 200, alike), NOW_MS)).toBeNull();
    expect(deviationOf(hours(78, 200, alike), NOW_MS)).toBeCloseTo(0, 9);
    expect(deviationOf(hours(90, 83, alike), NOW_MS)).toBeNull();
    expect(deviationOf(hours(90, 84, alike), NOW_MS)).not.toBeNull();
    expect(deviationOf([], NOW_MS)).toBeNull();
    // A stretch of 48 is none.
    const thin = hours(90, 200, alike).map((hour, ago) => (ago < 6 ? hour : { ...hour, decided: 8, unsure: 1 }));
    expect(deviationOf(thin, NOW_MS)).toBeNull();
  });

  test("older than two weeks does not count", () => {
    const share = (ago: number): number => (ago < 6 + 14 * 24 ? 0.1 : 0.9);
    expect(deviationOf(hours(1000, 200, share), NOW_MS)).toBeCloseTo(0, 9);
  });
});
