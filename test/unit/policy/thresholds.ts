import fc from "fast-check";
import type { Thresholds } from "../../../src/daemon/policy/level.ts";

/** The defaults of the settings. */
export const THRESHOLDS: Thresholds = { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 };

/** Any that the settings let through, far enough from nothing to be left again. */
export const anyThresholds: fc.Arbitrary<Thresholds> = fc
  .uniqueArray(fc.integer({ min: 10, max: 100 }), { minLength: 4, maxLength: 4 })
  .map((percents) => percents.toSorted((a, b) => a - b).map((percent) => percent / 100))
  .map(([warning = 0, high = 0, critical = 0, emergency = 0]) => ({ warning, high, critical, emergency }));
