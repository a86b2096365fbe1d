import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyScheme } from "../../../src/daemon/cache/keys.ts";
import { MemoryTier } from "../../../src/daemon/cache/memory-tier.ts";

const [INTENT, MOOD, OTHER] = ["0123456789ab", "ba9876543210", "cccccccccccc"] as const;
const LOOKUP = { labels: 2, topK: 1 };
const keyOf = (model: string, text: string) => keyScheme("md5").keyOf(model, text);

/** Told from each other by their score. */
const answer = (score: number) => ({ ranking: [0, 1], millionths: [score, 1e6 - score], truncated: false });
const tierOf = (maxEntries: number) => new MemoryTier({ maxEntries, now: () => 0 });

function set(tier: MemoryTier, model: string, text: string, score = 600_000, worker = 1): void {
  tier.set(keyOf(model, text), answer(score), { ttlMs: 1000, worker });
}

const scoreIn = (tier: MemoryTier, model: string, text: string): number | undefined =>
  tier.find(keyOf(model, text), LOOKUP)?.answer.millionths[0];

describe("several models in the memory tier", () => {
  test("asked the same text have an answer each", () => {
    const tier = tierOf(10);
    set(tier, INTENT, "hello", 1);
    expect(scoreIn(tier, MOOD, "hello")).toBeUndefined();
    expect(tier.has(keyOf(MOOD, "hello"))).toBe(false);
    set(tier, MOOD, "hello", 2);
    expect([scoreIn(tier, INTENT, "hello"), scoreIn(tier, MOOD, "hello")]).toEqual([1, 2]);
    expect(tier.entries).toBe(2);
  });

  test("what is asked of one is never what was kept for another, however texts and pairs are written", () => {
    const tier = tierOf(10);
    set(tier, INTENT, "hello", 1);
    for (const text of ["hello", `${INTENT}:hello`, `${INTENT}\0hello`, `\0${INTENT}\0hello`])
      expect(scoreIn(tier, MOOD, text)).toBeUndefined();
    for (const text of [`${INTENT}:hello`, `${INTENT}\0hello`, `\0${INTENT}\0hello`])
      expect(scoreIn(tier, INTENT, text)).toBeUndefined();
  });

  test("a text is looked up as it is: no key is put together of it and its model", () => {
    const refuses = { toString: () => expect.fail("the model was made part of a key") };
    const key = keyOf(refuses as unknown as string, "hello");
    const tier = tierOf(10);
    tier.set(key, answer(7), { ttlMs: 1000 });
    expect(tier.has(key)).toBe(true);
    expect(tier.find(key, LOOKUP)?.answer.millionths[0]).toBe(7);
  });

  test("one that serves in another's place has none of its answers; those of the one that has gone go first", () => {
    const tier = tierOf(3);
    for (const text of ["a", "b", "c"]) set(tier, INTENT, text, 1);
    for (const text of ["a", "b"]) expect(scoreIn(tier, MOOD, text)).toBeUndefined();
    for (const text of ["a", "b"]) set(tier, MOOD, text, 2);
    // Back again: what is left is its own.
    expect(["a", "b", "c"].map((text) => scoreIn(tier, INTENT, text))).toEqual([undefined, undefined, 1]);
    expect(["a", "b", "c"].map((text) => scoreIn(tier, MOOD, text))).toEqual([2, 2, undefined]);
    expect([tier.entries, tier.evictions]).toEqual([3, 2]);
  });

  test("are bounded in bytes together", () => {
    const long = "x".repeat(30_000);
    const tier = tierOf(100);
    for (let at = 0; at < 30; at++) set(tier, [INTENT, MOOD, OTHER][at % 3]!, `${at} ${long}`);
    // 1 MiB in all, of entries of some 60,000 bytes.
    expect(tier.bytes).toBeLessThanOrEqual(2 ** 20);
    expect([tier.entries, tier.evictions]).toEqual([17, 13]);
  });

  test("are emptied together, and a worker's answers go whichever model they are of", () => {
    const tier = tierOf(10);
    set(tier, INTENT, "a", 1, 1);
    set(tier, INTENT, "b", 1, 2);
    set(tier, MOOD, "a", 2, 1);
    tier.dropWorker(1);
    expect([tier.entries, scoreIn(tier, INTENT, "b")]).toEqual([1, 1]);
    set(tier, MOOD, "a", 2);
    tier.clear(true);
    expect([tier.entries, tier.bytes, tier.room]).toEqual([0, 0, 10]);
    expect([INTENT, MOOD].map((model) => scoreIn(tier, model, "a"))).toEqual([undefined, undefined]);
  });
});

const MOST = 5;
const operation = fc.record({
  act: fc.constantFrom("set", "set", "find", "find", "has", "halve"),
  model: fc.constantFrom(INTENT, MOOD, OTHER),
  text: fc.constantFrom("a", "b", "c", "d"),
});

/** What the tier is to be: a list of all entries, the least recently used first. */
class Listed {
  list: { name: string; score: number }[] = [];
  evictions = 0;

  take(name: string): { name: string; score: number } | undefined {
    const found = this.list.find((entry) => entry.name === name);
    this.list = this.list.filter((entry) => entry !== found);
    return found;
  }

  drop(count: number): void {
    this.list.splice(0, count);
    this.evictions += count;
  }
}

test("whatever is done to it, it holds what one list of all models' answers would", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const tier = tierOf(MOST);
      const listed = new Listed();
      for (const [score, { act, model, text }] of operations.entries()) {
        const name = JSON.stringify([model, text]);
        if (act === "set") {
          set(tier, model, text, score);
          listed.take(name);
          if (listed.list.length === MOST) listed.drop(1);
          listed.list.push({ name, score });
        } else if (act === "find") {
          const found = listed.take(name);
          if (found) listed.list.push(found);
          expect(scoreIn(tier, model, text)).toBe(found?.score);
        } else if (act === "has") {
          expect(tier.has(keyOf(model, text))).toBe(listed.list.some((entry) => entry.name === name));
        } else {
          tier.halve();
          listed.drop(Math.ceil(listed.list.length / 2));
        }
        expect([tier.entries, tier.evictions]).toEqual([listed.list.length, listed.evictions]);
      }
    }),
  );
});
