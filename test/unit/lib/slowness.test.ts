import { expect, test } from "vitest";
import { judgeSpeed } from "../../../src/lib/doctor/checks/speed.ts";
import { hangLimitMs, slownessOf } from "../../../src/lib/slowness.ts";

test("limits of time are as they stand where Node starts in time, and as much longer as it takes longer", () => {
  expect(slownessOf(0)).toBe(1);
  expect(slownessOf(40)).toBe(1);
  expect(slownessOf(200)).toBe(1);
  expect(slownessOf(1500)).toBe(7.5);
  expect(hangLimitMs(10_000, slownessOf(1500))).toBe(75_000);
});

test("doctor says how fast the machine is, and warns of one that is slow or has its time taken away", () => {
  expect(judgeSpeed(31.4, 0)).toEqual({
    status: "ok",
    found: "Node started in 31 ms, 20 to 40 are usual; the host took 0% of the last second's CPU time",
  });
  expect(judgeSpeed(1450, null)).toMatchObject({
    status: "warn",
    found: "slow machine: Node started in 1450 ms, 20 to 40 are usual; limits of time are 7.3 times as long here",
  });
  expect(judgeSpeed(90, 0.34)).toMatchObject({ status: "warn", found: expect.stringContaining("took 34%") as string });
});
