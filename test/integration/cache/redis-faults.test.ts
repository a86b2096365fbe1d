import { afterEach, describe, expect, test } from "vitest";
import type { RedisStatus } from "../../../src/lib/protocol/cache.ts";
import { reportRedis } from "../../../src/daemon/reports/cache-report.ts";
import { redisTier } from "../../support/cache-tiers.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { RedisServer } from "../../support/redis-server.ts";
import type { RedisServerOptions } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const started: RedisServer[] = [];

async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await RedisServer.start(options);
  started.push(server);
  return server;
}

afterEach(async () => {
  for (const server of started.splice(0)) {
    server.signal("SIGCONT");
    await server.end();
  }
});

/** One entry in memory: what is asked next is not it. */
async function startOver(redisUrl: string): Promise<Core> {
  const core = await startCore(writeOddModel(temporaryFolder()), { REDIS_URL: redisUrl, MAX_CACHE_SIZE: "1" });
  core.pool.load();
  await core.pool.whenReady();
  return core;
}

const statusOf = ({ caching }: Core): Promise<RedisStatus> => reportRedis(caching.answers, caching.redis);
const stateOf = async (core: Core) => (await statusOf(core)).state;
const sourceOf = async (core: Core, text: string) => (await ask(core, { text })).results[0]?.cached;
const untilState = (core: Core, state: string) =>
  expect.poll(() => stateOf(core), { timeout: 20_000, interval: 20 }).toBe(state);

/** Asks for one text after the other, until Redis has given an answer. */
async function untilFromRedis(core: Core): Promise<void> {
  const turns = async (): Promise<unknown> => {
    await sourceOf(core, "alpha");
    return (await sourceOf(core, "beta")) === "redis" && sourceOf(core, "alpha");
  };
  await expect.poll(turns, { timeout: 20_000, interval: 20 }).toBe("redis");
}

/** Every text is answered by the model, one after the other. */
async function expectComputed(core: Core): Promise<void> {
  for (const text of ["gamma", "delta", "beta", "gamma"]) expect(await sourceOf(core, text)).toBe(false);
}

describe("Redis that goes away", () => {
  test("killed: answers come from the model; started again, out of it again, by itself", async () => {
    const server = await startRedis();
    const core = await startOver(server.url);
    await untilState(core, "up");
    await untilFromRedis(core);
    await server.kill();
    await untilState(core, "down");
    await expectComputed(core);
    expect(await statusOf(core)).toMatchObject({ breaker: "open", keys: null, connectedSince: null });
    await expect.poll(async () => (await statusOf(core)).lastError, { timeout: 5000 }).toContain("ECONNREFUSED");
    await server.run();
    await untilState(core, "up");
    await untilFromRedis(core);
  });

  test("frozen: no request fails, the breaker opens, and it closes when Redis goes on", async () => {
    const server = await startRedis();
    const core = await startOver(server.unixUrl);
    await untilState(core, "up");
    await untilFromRedis(core);
    server.signal("SIGSTOP");
    const asked = async (): Promise<unknown> => {
      expect(await sourceOf(core, "alpha")).not.toBe("redis");
      expect(await sourceOf(core, "beta")).not.toBe("redis");
      return (await statusOf(core)).breaker;
    };
    await expect.poll(asked, { timeout: 10_000, interval: 10 }).toBe("open");
    expect((await statusOf(core)).lastError).toContain("no answer within 40 ms");
    server.signal("SIGCONT");
    await untilState(core, "up");
    await untilFromRedis(core);
  });
});

describe("Redis that refuses", () => {
  test("the password: it is down, the reason is told without the password, and requests go on", async () => {
    const server = await startRedis({ args: ["--requirepass", "right"], password: "right" });
    const core = await startOver(server.url.replace("//", "//:wrong-one@"));
    await expect.poll(async () => (await statusOf(core)).lastError, { timeout: 10_000 }).toMatch(/WRONGPASS|AUTH/);
    expect(await statusOf(core)).toMatchObject({ state: "down", breaker: "open" });
    expect(JSON.stringify(await statusOf(core))).not.toContain("wrong-one");
    await expectComputed(core);
    const right = await startOver(server.url.replace("//", "//:right@"));
    await untilState(right, "up");
    await untilFromRedis(right);
  });

  test("writes, as a replica does: what it has is still read, and nothing is tried for a moment after a refusal", async () => {
    const server = await startRedis();
    const core = await startOver(server.url);
    await untilState(core, "up");
    await untilFromRedis(core);
    await server.ask((redis) => redis.replicaof("127.0.0.1", 1));
    expect(await sourceOf(core, "gamma")).toBe(false);
    const { redis } = core.caching.answers;
    await expect.poll(() => redis?.droppedWrites).toBe(1);
    const told = { state: "up", breaker: "closed", refused: expect.stringContaining("READONLY") };
    expect(await statusOf(core)).toMatchObject(told);
    expect((await statusOf(core)).lastError).toContain("READONLY");
    expect(await sourceOf(core, "alpha")).toBe("redis");
    await sourceOf(core, "delta");
    expect(redis?.droppedWrites).toBe(2);
    expect((await statusOf(core)).lastError).toContain("READONLY");
  });

  test("writes for want of memory, without eviction: the same", async () => {
    const server = await startRedis();
    const core = await startOver(server.url);
    await untilState(core, "up");
    await untilFromRedis(core);
    await server.ask((redis) => redis.config("SET", "maxmemory", "1"));
    expect(await sourceOf(core, "gamma")).toBe(false);
    await expect.poll(() => core.caching.answers.redis?.droppedWrites).toBe(1);
    expect((await statusOf(core)).lastError).toContain("OOM");
    expect(await sourceOf(core, "alpha")).toBe("redis");
    expect(await statusOf(core)).toMatchObject({ state: "up", breaker: "closed" });
  });
});

test("a Redis that is full goes on taking answers, evicts, and the evictions are counted", async () => {
  const server = await startRedis({ args: ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru"] });
  await server.ask(async (redis) => {
    const pipeline = redis.pipeline();
    for (let at = 0; at < 3000; at++) pipeline.set(`other:${at}`, "x".repeat(1000));
    await pipeline.exec();
  });
  const core = await startOver(server.url);
  await untilState(core, "up");
  await untilFromRedis(core);
  expect(core.caching.answers.redis?.droppedWrites).toBe(0);
  const { evictedKeys, maxBytes } = await statusOf(core);
  expect(evictedKeys).toBeGreaterThan(0);
  expect(maxBytes).toBe(3 * 1024 * 1024);
});

test("a daemon that has no time opens no breaker: it is not Redis that is late", async () => {
  const server = await startRedis();
  const { tier, connection } = await redisTier(server.unixUrl);
  const { keyScheme } = await import("../../../src/daemon/cache/keys.ts");
  const key = keyScheme("md5").keyOf("0123456789ab", "text");
  const lookup = { labels: 3, topK: 1 };
  tier.set(key, { ranking: [0], millionths: [900_000], truncated: false }, { ttlMs: 60_000 });
  for (let round = 0; round < 8; round++) {
    const found = tier.find(key, lookup);
    // The answer is there long before this process reads it, and later than any deadline.
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        const until = performance.now() + 60;
        while (performance.now() < until);
        resolve();
      });
    });
    expect((await found)?.tier).toBe("redis");
  }
  expect(connection.breaker).toBe("closed");
  expect(connection.errors).toBe(0);
});
