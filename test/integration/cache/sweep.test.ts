import { describe, expect, test } from "vitest";
import { sweepRedis } from "../../../src/daemon/cache/sweep.ts";
import { redisTier } from "../../support/cache-tiers.ts";
import { redisForFile } from "../../support/redis-for-file.ts";
import type { RedisServer } from "../../support/redis-server.ts";

const redis = redisForFile();

const KEYS = 3000;

/** Of each kind. */
async function fill(servers: readonly RedisServer[]): Promise<void> {
  for (const one of servers)
    await one.ask(async (redis) => {
      const kinds = ["combot:ml:abc:", "combot:session:", "combot:product:", "other:", "combots:"];
      for (const kind of kinds) {
        const writes = Array.from({ length: KEYS }, (_, at) => redis.set(`${kind}${at}`, "x").catch(() => undefined));
        await Promise.all(writes);
      }
    });
}

async function counted(servers: readonly RedisServer[], prefix: string): Promise<number> {
  const found = await Promise.all(servers.map((one) => one.ask((redis) => redis.keys(`${prefix}*`))));
  return found.reduce((sum, { length }) => sum + length, 0);
}

describe.each(["one server", "a cluster"])("cleaning up %s", (kind) => {
  const servers = (): readonly RedisServer[] => (kind === "a cluster" ? redis.cluster.nodes : [redis.server]);
  const url = (): string => (kind === "a cluster" ? redis.cluster.url : redis.server.url);

  test("removes answers alone, and with sessions all that is combot's; never what is foreign", async () => {
    await fill(servers());
    const { connection } = await redisTier(url());
    const prefixes = ["combot:ml:", "combot:session:", "combot:product:", "other:", "combots:"];
    const counts = () => Promise.all(prefixes.map((prefix) => counted(servers(), prefix)));
    expect(await counts()).toEqual(prefixes.map(() => KEYS));
    const removed: number[] = [];
    await sweepRedis(connection.client!, false, (keys) => removed.push(keys));
    expect(removed.reduce((a, b) => a + b, 0)).toBe(KEYS);
    expect(removed.length).toBeGreaterThan(1);
    expect(await counts()).toEqual([0, KEYS, KEYS, KEYS, KEYS]);
    await sweepRedis(connection.client!, true, () => undefined);
    expect(await counts()).toEqual([0, 0, 0, KEYS, KEYS]);
  });
});
