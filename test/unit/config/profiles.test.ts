import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SIZES, type Sizes, sizeFor } from "../../../src/lib/config/profiles.ts";
import { GIB } from "../../../src/lib/units.ts";
import { T3_LARGE, T3_XLARGE } from "./loading.ts";

const machines = fc.record({
  cores: fc.integer({ min: 1, max: 256 }),
  memoryBytes: fc.integer({ min: 128 * 1024 * 1024, max: 2048 * GIB }),
});

describe.each(Object.entries<Sizes>(SIZES))("%s", (_, sizes) => {
  test("auto on the machines of the two profiles comes to what the profiles say", () => {
    expect(sizeFor(sizes, "auto", T3_LARGE)).toBe(sizeFor(sizes, "t3.large", T3_LARGE));
    expect(sizeFor(sizes, "auto", T3_XLARGE)).toBe(sizeFor(sizes, "t3.xlarge", T3_XLARGE));
  });

  test("a fixed profile does not look at the machine", () => {
    expect(sizeFor(sizes, "t3.large", T3_XLARGE)).toBe(sizes["t3.large"]);
    expect(sizeFor(sizes, "t3.xlarge", T3_LARGE)).toBe(sizes["t3.xlarge"]);
  });
});

describe("workers by auto", () => {
  const workers = (cores: number, gib: number) => SIZES.workers.auto({ cores, memoryBytes: gib * GIB });

  test.each([
    [2, 0.9, 1],
    [2, 1.9, 1],
    [2, 3.8, 2],
    [8, 3.8, 3],
    [8, 15.5, 8],
    [64, 256, 16],
    [1, 64, 1],
  ])("%d cores and %d GiB: %d", (cores, gib, expected) => {
    expect(workers(cores, gib)).toBe(expected);
  });

  test("are 1 to 16, never more than the cores, and fewer on no bigger machine", () => {
    fc.assert(
      fc.property(machines, ({ cores, memoryBytes }) => {
        const count = SIZES.workers.auto({ cores, memoryBytes });
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(Math.min(16, cores));
        expect(SIZES.workers.auto({ cores: cores + 1, memoryBytes: memoryBytes + GIB })).toBeGreaterThanOrEqual(count);
        expect(SIZES.maxCacheSize.auto({ cores, memoryBytes })).toBe(50 * count);
      }),
    );
  });
});

test("the sizes that follow memory change at 12 GiB", () => {
  const below = { cores: 4, memoryBytes: 12 * GIB - 1 };
  const from = { cores: 4, memoryBytes: 12 * GIB };
  const { maxUsersPerProcess, databasePoolMax, backupKeep } = SIZES;
  expect([maxUsersPerProcess, databasePoolMax, backupKeep].map((size) => size.auto(below))).toEqual([50, 10, 7]);
  expect([maxUsersPerProcess, databasePoolMax, backupKeep].map((size) => size.auto(from))).toEqual([100, 20, 14]);
});
