import { describe, expect, test } from "vitest";
import { GIB, MIB } from "../../../src/lib/units.ts";
import { estimateLoad, judgeFit } from "../../../src/daemon/policy/fit.ts";

describe("what a model nobody has measured will take", () => {
  const modelBytes = 200 * MIB;

  test("sharing weights: one packed copy for all, and each worker's own 48 MiB", () => {
    const estimate = estimateLoad({ modelBytes, shared: true, tried: true });
    expect(estimate).toEqual({ anonymousBytes: 48 * MIB, loadBytes: 48 * MIB, sharedBytes: 330 * MIB });
  });

  test("not sharing: everything once for each worker, and twice and more of it while it loads", () => {
    const estimate = estimateLoad({ modelBytes, shared: false, tried: true });
    expect(estimate).toEqual({ anonymousBytes: (48 + 260) * MIB, loadBytes: (48 + 520) * MIB, sharedBytes: 0 });
  });

  test("not tried on this machine yet: its file is loaded as it is, whatever serves in the end", () => {
    expect(estimateLoad({ modelBytes, shared: true, tried: false }).loadBytes).toBe((48 + 520) * MIB);
  });
});

describe("whether it fits", () => {
  const room = { usedBytes: 3 * GIB, limitBytes: 4 * GIB, ceiling: 0.75 + 1 / 8 };

  test("up to the ceiling and not a byte past it", () => {
    expect(judgeFit(0.5 * GIB, room)).toMatchObject({ fits: true, neededBytes: 0.5 * GIB, roomBytes: 0.5 * GIB });
    expect(judgeFit(0.5 * GIB + 1, room).fits).toBe(false);
  });

  test("no room is no less than none", () => {
    expect(judgeFit(1, { ...room, usedBytes: 3.9 * GIB })).toMatchObject({ fits: false, roomBytes: 0 });
    expect(judgeFit(0, { ...room, usedBytes: 3.9 * GIB }).fits).toBe(true);
  });

  test("the arithmetic is told", () => {
    expect(judgeFit(300 * MIB, { ...room, ceiling: 0.9 }).detail).toBe(
      "300 MiB; 3.0 GiB of 4.0 GiB are used, so 614 MiB are left below 90%",
    );
  });
});
