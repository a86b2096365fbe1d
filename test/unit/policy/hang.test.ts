import { expect, test } from "vitest";
import { hangAfterMs } from "../../../src/daemon/policy/hang.ts";

test("three times the longest batch, but no less than a third of the time a request may take", () => {
  expect(hangAfterMs(0, 30_000)).toBe(10_000);
  expect(hangAfterMs(3000, 30_000)).toBe(10_000);
  expect(hangAfterMs(5000, 30_000)).toBe(15_000);
  // Seven times slower than planned for: 60 s in one batch are no hang.
  expect(hangAfterMs(0, 30_000, 7)).toBe(70_000);
});
