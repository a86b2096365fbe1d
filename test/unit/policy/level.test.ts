import { expect, test } from "vitest";
import { levelOf } from "../../../src/daemon/policy/level.ts";

test("a level begins at its threshold", () => {
  const thresholds = { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 };
  const levels = [0, 0.799, 0.8, 0.85, 0.9, 0.95, 1.2].map((usage) => levelOf(usage, thresholds));
  expect(levels).toEqual(["normal", "normal", "warning", "high", "critical", "emergency", "emergency"]);
});
