import { expect, test } from "vitest";
import { HitRate } from "../../../src/daemon/cache/hit-rate.ts";

test("the recent rate forgets what is older than five minutes, the overall one nothing", () => {
  let nowMs = 0;
  const rate = new HitRate(() => nowMs);
  expect([rate.overall, rate.recent]).toEqual([null, null]);
  rate.miss();
  nowMs = 200_000;
  rate.hit();
  rate.hit();
  rate.hit();
  expect([rate.overall, rate.recent]).toEqual([0.75, 0.75]);
  nowMs = 310_000;
  expect([rate.overall, rate.recent]).toEqual([0.75, 1]);
  nowMs = 5_000_000;
  expect([rate.overall, rate.recent]).toEqual([0.75, null]);
});
