import { onTestFinished } from "vitest";
import type { ExpectStatic } from "vitest";
import { parseRedisUrl } from "../../src/lib/config/store-types.ts";
import { MemoryTier } from "../../src/daemon/cache/memory-tier.ts";
import { openRedis } from "../../src/daemon/cache/redis-client.ts";
import type { RedisTarget } from "../../src/daemon/cache/redis-client.ts";
import { RedisConnection } from "../../src/daemon/cache/redis-connection.ts";
import { RedisTier } from "../../src/daemon/cache/redis-tier.ts";

export const now = (): number => performance.now();

export function memoryTier(maxEntries = 100): MemoryTier {
  return new MemoryTier({ maxEntries, now });
}

/** Where a URL leads, as the settings would have it. */
export function targetOf(url: string): RedisTarget {
  const { target, db = 0, username = null, password = null } = parseRedisUrl(url)!;
  if (target.kind === "off") throw new Error("no Redis");
  return { ...target, db, username, password, sentinelPassword: null, certificates: {} };
}

/** A connection that is closed when the test ends; not waited for. */
export function redisConnection(url: string): RedisConnection {
  const idleMs = (): number => performance.eventLoopUtilization().idle;
  const open = () => openRedis(targetOf(url));
  const connection = new RedisConnection({ open, now, idleMs, onTurn: () => undefined });
  connection.start();
  onTestFinished(() => connection.close());
  return connection;
}

/** Connected. */
export async function redisTier(url: string): Promise<{ tier: RedisTier; connection: RedisConnection }> {
  const connection = redisConnection(url);
  await untilUp(connection);
  return { tier: new RedisTier({ connection, mostTtlMs: () => Infinity, now, wallClock: Date.now }), connection };
}

/** @param own of the test's context, where it runs beside others. */
export async function untilUp(connection: RedisConnection, own?: ExpectStatic): Promise<void> {
  const expect = own ?? (await import("vitest")).expect;
  await expect.poll(() => connection.state, { timeout: 20_000, interval: 20 }).toBe("up");
}
