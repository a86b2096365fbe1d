import { describe, expect, test } from "vitest";
import { keyScheme } from "../../../src/daemon/cache/keys.ts";
import { MemoryTier } from "../../../src/daemon/cache/memory-tier.ts";

const ANSWER = { ranking: [0, 1], millionths: [600_000, 400_000], truncated: false };
const LOOKUP = { labels: 2, topK: 1 };
const keyOf = (text: string) => keyScheme("md5").keyOf("0123456789ab", text);

function filled(maxEntries: number, texts: readonly string[], nowMs = () => 0): MemoryTier {
  const tier = new MemoryTier({ maxEntries, now: nowMs });
  for (const text of texts) tier.set(keyOf(text), ANSWER, { ttlMs: 1000, worker: text.length });
  return tier;
}

const held = (tier: MemoryTier, texts: readonly string[]): string[] =>
  texts.filter((text) => tier.find(keyOf(text), LOOKUP) !== undefined);

describe("the memory tier", () => {
  test("drops the least recently used first, and counts it as evicted", () => {
    const tier = filled(3, ["a", "b", "c"]);
    tier.find(keyOf("a"), LOOKUP);
    tier.set(keyOf("d"), ANSWER, { ttlMs: 1000 });
    expect(held(tier, ["a", "b", "c", "d"])).toEqual(["a", "c", "d"]);
    expect([tier.evictions, tier.expired]).toEqual([1, 0]);
  });

  test("counts what has expired apart from what was evicted", () => {
    let nowMs = 0;
    const tier = filled(3, ["a"], () => nowMs);
    nowMs = 1000;
    expect(held(tier, ["a"])).toEqual([]);
    expect([tier.entries, tier.evictions, tier.expired]).toEqual([0, 0, 1]);
  });

  test("halves to the half used last", () => {
    const tier = filled(10, ["a", "b", "c", "d"]);
    tier.find(keyOf("a"), LOOKUP);
    tier.halve();
    expect(held(tier, ["a", "b", "c", "d"])).toEqual(["a", "d"]);
    expect(tier.evictions).toBe(2);
  });

  test("once emptied takes nothing in before it is told to", () => {
    const tier = filled(10, ["a", "b"]);
    tier.clear(false);
    tier.set(keyOf("c"), ANSWER, { ttlMs: 1000 });
    expect([tier.entries, tier.bytes]).toEqual([0, 0]);
    tier.refill();
    tier.set(keyOf("c"), ANSWER, { ttlMs: 1000 });
    expect(tier.entries).toBe(1);
  });

  test("drops what a recycled worker computed and nothing else", () => {
    const tier = filled(10, ["a", "b", "long"]);
    tier.dropWorker(1);
    expect(held(tier, ["a", "b", "long"])).toEqual(["long"]);
  });

  test("is bounded in bytes: long texts push others out, the longest are not kept", () => {
    const long = (letter: string): string => letter.repeat(30_000);
    const tier = filled(100, "abcdefghijklmnopqrstuvwxyz".split("").map(long));
    expect(tier.bytes).toBeLessThanOrEqual(2 ** 20);
    expect(tier.entries).toBe(17);
    tier.set(keyOf("x".repeat(500_000)), ANSWER, { ttlMs: 1000 });
    expect(tier.entries).toBe(17);
  });
});
