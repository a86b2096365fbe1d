import { describe, expect, test } from "vitest";
import type { Answer } from "../../src/daemon/cache/answer.ts";
import { chooseKeyScheme, keyScheme } from "../../src/daemon/cache/keys.ts";
import type { Tier } from "../../src/daemon/cache/tier.ts";
import { TieredCache } from "../../src/daemon/cache/tiered.ts";
import { memoryTier, redisTier } from "../support/cache-tiers.ts";
import { redisForFile } from "../support/redis-for-file.ts";

const redis = redisForFile();

const TIERS: Readonly<Record<string, () => Promise<Tier>>> = {
  memory: async () => memoryTier(),
  "redis over TCP": async () => (await redisTier(redis.server.url)).tier,
  "redis over a Unix socket": async () => (await redisTier(`${redis.server.unixUrl}?db=3`)).tier,
  "redis cluster": async () => (await redisTier(redis.cluster.url)).tier,
  tiered: async () => new TieredCache(memoryTier(), (await redisTier(redis.server.url)).tier),
  "tiered whose near tier keeps nothing": async () => {
    const near = memoryTier();
    near.clear(false);
    return new TieredCache(near, (await redisTier(redis.server.url)).tier);
  },
};

/** Marc Stevens's pair of printable texts with one MD5. */
const COLLIDING = ["A", "E"].map(
  (letter) => `TEXTCOLLBYfGiJUETHQ4h${letter}cKSMd5zYpgqf1YRDhkmxHkhPWptrkoyz28wnI9V0aHeAuaKnak`,
) as [string, string];

const SCHEMES = {
  "MD5 keys": chooseKeyScheme(),
  "MD5 refused": chooseKeyScheme((algorithm, text) => {
    if (algorithm === "md5") throw new Error("error:0308010C:digital envelope routines::unsupported");
    return keyScheme("sha256").keyOf("", text).sha256;
  }),
};

const WHOLE = { labels: 3, topK: 1 };
const TTL_MS = 60_000;
let count = 0;

/** Never used before: the servers are shared by all tests. */
const freshText = (): string => `text ${++count}`;
const answer = (...ranking: number[]): Answer => ({
  ranking,
  millionths: ranking.map((_, at) => 900_000 - at),
  truncated: false,
});

describe.each(Object.entries(SCHEMES))("%s", (_scheme, keys) => {
  describe.each(Object.keys(TIERS))("%s keeps the contract", (name) => {
    const open = (): Promise<Tier> => TIERS[name]!();
    const keyOf = (text: string, model = "0123456789ab") => keys.keyOf(model, text);

    test("what was set is found as it was, and nothing else is", async () => {
      const tier = await open();
      const key = keyOf(freshText());
      const kept = { ...answer(2, 0, 1), truncated: true };
      tier.set(key, kept, { ttlMs: TTL_MS });
      const hit = await tier.find(key, { labels: 3, topK: 3 });
      expect(hit?.answer).toEqual(kept);
      expect(hit?.ttlMs).toBeGreaterThan(0);
      expect(hit?.ttlMs).toBeLessThanOrEqual(TTL_MS);
      expect(await tier.find(keyOf(freshText()), WHOLE)).toBeUndefined();
    });

    test("the last of several answers counts", async () => {
      const tier = await open();
      const key = keyOf(freshText());
      tier.set(key, answer(0, 1, 2), { ttlMs: TTL_MS });
      tier.set(key, answer(1, 2, 0), { ttlMs: TTL_MS });
      expect((await tier.find(key, WHOLE))?.answer.ranking).toEqual([1, 2, 0]);
    });

    test("an entry is gone once its ttl has passed", async () => {
      const tier = await open();
      const key = keyOf(freshText());
      tier.set(key, answer(0, 1, 2), { ttlMs: 30 });
      await expect.poll(async () => tier.find(key, WHOLE), { timeout: 5000, interval: 10 }).toBeUndefined();
    });

    test("models don't see each other's answers, nor put them out", async () => {
      const tier = await open();
      const text = freshText();
      tier.set(keyOf(text, "aaaaaaaaaaaa"), answer(0, 1, 2), { ttlMs: TTL_MS });
      expect(await tier.find(keyOf(text, "bbbbbbbbbbbb"), WHOLE)).toBeUndefined();
      tier.set(keyOf(text, "bbbbbbbbbbbb"), answer(1, 0, 2), { ttlMs: TTL_MS });
      expect((await tier.find(keyOf(text, "bbbbbbbbbbbb"), WHOLE))?.answer.ranking).toEqual([1, 0, 2]);
      expect((await tier.find(keyOf(text, "aaaaaaaaaaaa"), WHOLE))?.answer.ranking).toEqual([0, 1, 2]);
    });

    test("two texts with one MD5 never share an answer", async () => {
      const tier = await open();
      const model = String(++count).padStart(12, "0");
      const [one, other] = COLLIDING.map((text) => keyOf(text, model));
      tier.set(one!, answer(0, 1, 2), { ttlMs: TTL_MS });
      expect((await tier.find(other!, WHOLE))?.answer).toBeUndefined();
      tier.set(other!, answer(1, 2, 0), { ttlMs: TTL_MS });
      expect((await tier.find(other!, WHOLE))?.answer.ranking).toEqual([1, 2, 0]);
      const first = await tier.find(one!, WHOLE);
      expect([undefined, [0, 1, 2]]).toContainEqual(first?.answer.ranking);
    });

    test("scores that are any numbers, and wide labels, are found as they were", async () => {
      const tier = await open();
      const raws = [[-3_250_000], [1_234_567_500_000, 0, -1], [2 ** 70]];
      for (const millionths of raws) {
        const key = keyOf(freshText());
        const raw = { ranking: millionths.map((_, at) => at * 300), millionths, truncated: false };
        tier.set(key, raw, { ttlMs: TTL_MS });
        expect((await tier.find(key, { labels: 20_000, topK: 1 }))?.answer).toEqual(raw);
      }
    });

    test("64 labels are kept whole; of more the best 32, and whoever wants more of them finds nothing", async () => {
      const tier = await open();
      const [small, large] = [keyOf(freshText()), keyOf(freshText())];
      tier.set(small, answer(...Array(64).keys()), { ttlMs: TTL_MS });
      tier.set(large, answer(...Array(300).keys()), { ttlMs: TTL_MS });
      expect((await tier.find(small, { labels: 64, topK: 64 }))?.answer.ranking).toHaveLength(64);
      expect((await tier.find(large, { labels: 300, topK: 32 }))?.answer.ranking).toEqual([...Array(32).keys()]);
      expect(await tier.find(large, { labels: 300, topK: 33 })).toBeUndefined();
    });
  });
});

test("the real pair has one MD5 and two SHA-256", () => {
  const [one, other] = COLLIDING.map((text) => keyScheme("md5").keyOf("m", text));
  expect(one!.name).toBe("combot:ml:m:faad49866e9498fc1719f5289e7a0269");
  expect(other!.name).toBe(one!.name);
  expect(other!.sha256).not.toBe(one!.sha256);
});

test("an entry that is copied up lives as long as it had left", async () => {
  const { tier: far } = await redisTier(redis.server.url);
  const near = memoryTier();
  const key = keyScheme("md5").keyOf("cccccccccccc", freshText());
  far.set(key, answer(0, 1, 2), { ttlMs: 5000 });
  const tiered = new TieredCache(near, far);
  expect((await tiered.find(key, WHOLE))?.tier).toBe("redis");
  const copied = near.find(key, WHOLE);
  expect(copied?.ttlMs).toBeGreaterThan(0);
  expect(copied?.ttlMs).toBeLessThanOrEqual(5000);
});

test("every entry in Redis has a ttl, and its name says model and text", async () => {
  const { tier } = await redisTier(`${redis.server.unixUrl}?db=5`);
  const key = keyScheme("md5").keyOf("dddddddddddd", "hello");
  tier.set(key, answer(0, 1, 2), { ttlMs: TTL_MS });
  expect(await tier.find(key, WHOLE)).toBeDefined();
  const [names, ttlMs] = await redis.server.ask(async (redis) => {
    await redis.select(5);
    return [await redis.keys("*"), await redis.pttl(key.name)] as const;
  });
  expect(names).toEqual(["combot:ml:dddddddddddd:5d41402abc4b2a76b9719d911017c592"]);
  expect(ttlMs).toBeGreaterThan(0);
});

describe("an entry that can't be used is a miss, counted by reason", () => {
  test.each([
    ["version", (entry: Buffer) => Buffer.concat([Buffer.of(2), entry.subarray(1)])],
    ["version", () => Buffer.from("{}")],
    ["damaged", (entry: Buffer) => entry.subarray(0, -1)],
    ["damaged", (entry: Buffer) => entry.fill(0xff, 40, 41)],
    ["damaged", () => Buffer.of(3, 0, 0)],
  ] as const)("%s", async (reason, change) => {
    const { tier } = await redisTier(redis.server.url);
    const key = keyScheme("md5").keyOf("eeeeeeeeeeee", freshText());
    tier.set(key, answer(0, 1, 2), { ttlMs: TTL_MS });
    expect(await tier.find(key, WHOLE)).toBeDefined();
    await redis.server.ask(async (redis) => {
      const entry = await redis.getBuffer(key.name);
      await redis.set(key.name, change(entry!), "PX", TTL_MS);
    });
    expect(await tier.find(key, WHOLE)).toBeUndefined();
    expect(tier.unusable[reason]).toBe(1);
  });
});
