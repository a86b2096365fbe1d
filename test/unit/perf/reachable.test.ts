import { LRUCache } from "lru-cache";
import { describe, expect, test } from "vitest";
import { zipf } from "../../../src/lib/perf/load/zipf.ts";
import { fittedTargets } from "../../../src/lib/perf/verdict/fitted.ts";
import { reachableHitRate } from "../../../src/lib/perf/verdict/reachable.ts";
import { defaultTargets } from "../../../src/lib/perf/verdict/targets.ts";
import { createRandom } from "../../../src/lib/random.ts";

/** By asking an LRU cache that begins empty. */
function simulated(texts: number, draws: number, entries: number): number {
  const cache = new LRUCache<number, true>({ max: entries });
  const draw = zipf(texts, createRandom(11));
  let hits = 0;
  for (let drawn = 0; drawn < draws; drawn++) {
    const rank = draw();
    if (cache.get(rank)) hits += 1;
    else cache.set(rank, true);
  }
  return hits / draws;
}

const WEIGHTS = Array.from({ length: 3000 }, (_, rank) => 1 / (rank + 1));

describe("what a memory tier alone can answer", () => {
  test.each([
    [100, 20_000],
    [100, 2000],
    [1000, 5000],
    [3000, 5000],
    [3000, 300],
  ])("of %i entries, in %i questions, is what such a cache answers", (entries, draws) => {
    const [said, asked] = [reachableHitRate(WEIGHTS, draws, entries), simulated(3000, draws, entries)];
    // It takes no account of a large cache still filling; and luck moves a share of 300 by a few in a hundred.
    expect(said).toBeGreaterThan(asked - 0.03);
    expect(said).toBeLessThan(asked + 0.06);
  });

  test("nothing is asked: nothing is answered", () => {
    expect(reachableHitRate(WEIGHTS, 0, 100)).toBe(0);
    expect(reachableHitRate([], 10, 100)).toBe(0);
    expect(reachableHitRate([1], 10, 100)).toBeCloseTo(0.9, 6);
  });
});

describe("the target of the hit rate", () => {
  const texts = { source: "bundled", texts: WEIGHTS.map(String), digest: "" };
  const usual = defaultTargets(null);
  const fitted = (change: object, asked = 20_000, targets: readonly ["hit-rate", number][] = []) =>
    fittedTargets(usual, { texts, targets }, { isMemoryAlone: true, entries: 100, ...change }, asked);

  test("fits the memory tier where there is no Redis, and says so", () => {
    const { targets, detail } = fitted({});
    const share = Math.round(100 * reachableHitRate(WEIGHTS, 20_000, 100));
    expect(targets.get("hit-rate")).toBeCloseTo((0.9 * share) / 100, 1);
    expect(detail).toBe(`without Redis 100 texts in memory can answer ${share}%`);
    expect([...targets].filter(([name]) => name !== "hit-rate")).toEqual(
      [...usual].filter(([name]) => name !== "hit-rate"),
    );
  });

  test.each([
    ["there is Redis", { isMemoryAlone: false }, 20_000, []],
    ["memory holds them all", { entries: 3000 }, 1_000_000, []],
    ["nothing is known of it", { entries: null }, 20_000, []],
    ["it was asked for", {}, 20_000, [["hit-rate", 0.8]]],
  ] as const)("stays where %s", (_, change, asked, targets) => {
    expect(fitted(change, asked, targets as never)).toEqual({ targets: usual, detail: null });
  });
});
