import fc from "fast-check";
import { expect, test } from "vitest";
import { draw } from "../../../src/daemon/policy/rate.ts";
import type { Bucket } from "../../../src/daemon/policy/rate.ts";

/** Which of these moments, in ms, may make a request. */
function allowed(moments: readonly number[], perMinute: number): number[] {
  let bucket: Bucket | undefined;
  return moments.filter((at) => {
    const drawn = draw(bucket, perMinute, at);
    bucket = drawn.bucket;
    return drawn.waitMs === 0;
  });
}

test("a minute's worth comes at once, then one each 60/N s", () => {
  expect(allowed([0, 0, 0, 0], 3)).toHaveLength(3);
  expect(allowed([0, 0, 0, 19_999, 20_000, 20_000, 40_000, 60_000], 3)).toEqual([0, 0, 0, 20_000, 40_000, 60_000]);
});

test("one that is too many is told how long to wait, and takes nothing", () => {
  const { bucket } = draw(undefined, 1, 0);
  const refused = draw(bucket, 1, 15_000);
  expect(refused.waitMs).toBe(45_000);
  expect(draw(refused.bucket, 1, 30_000).waitMs).toBe(30_000);
  expect(draw(refused.bucket, 1, 60_000).waitMs).toBe(0);
});

test("who has been away for long has a minute's worth and no more", () => {
  expect(allowed([0, ...Array<number>(5).fill(86_400_000)], 2)).toEqual([0, 86_400_000, 86_400_000]);
});

test("in no stretch of time are there more than a minute's worth and what it refills; to wait as told is enough", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 200 }), (between, perMinute) => {
      let at = 0;
      const moments = between.map((gap) => (at += gap));
      const made = allowed(moments, perMinute);
      for (const [from, first] of made.entries())
        for (const [to, last] of made.entries())
          if (to >= from)
            expect(to - from + 1).toBeLessThanOrEqual(perMinute + ((last - first) * perMinute) / 60_000 + 1e-6);
      let bucket: Bucket | undefined;
      for (const moment of moments) {
        const { bucket: after, waitMs } = draw(bucket, perMinute, moment);
        bucket = after;
        if (waitMs > 0) expect(draw(after, perMinute, moment + waitMs).waitMs).toBe(0);
      }
    }),
  );
});
