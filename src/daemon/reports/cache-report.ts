import type { CacheStats, RedisStatus } from "../../lib/protocol/cache.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { RedisConnection } from "../cache/redis-connection.ts";
import type { RedisReport } from "../cache/redis-report.ts";

/** The Redis that is shared with other daemons and backends. */
export interface SharedRedis {
  readonly connection: RedisConnection;
  readonly report: RedisReport;
  /** Keys that the cleanup under way has removed; null while there is none. */
  sweptKeys: number | null;
  /** Tells its allocator to give back what it holds free; not waited for. */
  purge(): void;
  /** Told whenever it comes back, or comes for the first time. */
  onUp(listener: () => void): void;
}

/** @param maxAgeMs how old what Redis says of itself may be; by default it is asked. */
export async function reportCache(
  answers: AnswerCache,
  redis: SharedRedis | undefined,
  maxAgeMs?: number,
): Promise<CacheStats> {
  const { memory, rate, coalesced, redis: tier } = answers;
  const figures = await redis?.report.figures(maxAgeMs);
  return {
    hitRate: rate.overall,
    hitRate5m: rate.recent,
    coalesced,
    memory: {
      entries: memory.entries,
      maxEntries: memory.maxEntries,
      bytes: memory.bytes,
      hits: memory.hits,
      misses: memory.misses,
      evictions: memory.evictions,
      expired: memory.expired,
    },
    redis: {
      state: redis?.connection.state ?? "off",
      hits: tier?.hits ?? 0,
      misses: tier?.misses ?? 0,
      errors: redis?.connection.errors ?? 0,
      keys: figures?.keys ?? null,
      usedBytes: figures?.usedBytes ?? null,
    },
  };
}

const OFF: RedisStatus = {
  state: "off",
  breaker: null,
  latencyMs: null,
  version: null,
  usedBytes: null,
  maxBytes: null,
  keys: null,
  hitRate: null,
  evictedKeys: null,
  connectedSince: null,
  refused: null,
  lastError: null,
  sweptKeys: null,
};

/** @param maxAgeMs as for `reportCache`. */
export async function reportRedis(
  { redis: tier }: AnswerCache,
  redis: SharedRedis | undefined,
  maxAgeMs?: number,
): Promise<RedisStatus> {
  if (!redis || !tier) return OFF;
  const { connection, report } = redis;
  const { version, usedBytes, maxBytes, keys, evictedKeys } = await report.figures(maxAgeMs);
  const { state, breaker, latencyMs, connectedSince, refused, lastError } = connection;
  const asked = tier.hits + tier.misses;
  return {
    state,
    breaker,
    latencyMs: latencyMs === null ? null : Math.round(latencyMs * 1000) / 1000,
    version,
    usedBytes,
    maxBytes,
    keys,
    hitRate: asked === 0 ? null : Math.round((tier.hits / asked) * 1e4) / 1e4,
    evictedKeys,
    connectedSince: connectedSince?.toISOString() ?? null,
    refused,
    lastError,
    sweptKeys: redis.sweptKeys,
  };
}
