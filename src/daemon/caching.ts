import type { Settings } from "../lib/config/settings.ts";
import { AnswerCache } from "./cache/answer-cache.ts";
import { chooseKeyScheme } from "./cache/keys.ts";
import { MemoryTier } from "./cache/memory-tier.ts";
import { openRedis } from "./cache/redis-client.ts";
import { RedisConnection } from "./cache/redis-connection.ts";
import { RedisReport } from "./cache/redis-report.ts";
import { RedisTier } from "./cache/redis-tier.ts";
import type { Logger } from "./log.ts";
import type { SharedRedis } from "./operations/cache-report.ts";

export interface Caching {
  readonly answers: AnswerCache;
  /** Undefined where Redis is off. */
  readonly redis: SharedRedis | undefined;
}

const now = (): number => performance.now();
const idleMs = (): number => performance.eventLoopUtilization().idle;

/** The tiers as the settings want them; Redis is connected to in the background. */
export function createCaching(settings: Settings, log: Logger): Caching {
  const keys = chooseKeyScheme();
  if (keys.algorithm === "sha256") log.warn("MD5 is refused on this machine: cache keys are SHA-256");
  const redis = connect(settings, log);
  const memory = new MemoryTier({ maxEntries: settings.maxCacheEntries, now });
  const ttlMs = (): number => settings.cacheTtlMs;
  const tier = redis && new RedisTier({ connection: redis.connection, mostTtlMs: ttlMs, now, wallClock: Date.now });
  return { answers: new AnswerCache({ keys, memory, redis: tier, ttlMs, now }), redis };
}

function connect({ redis: target }: Settings, log: Logger): SharedRedis | undefined {
  if (target.kind === "off") return undefined;
  const onTurn = (state: "up" | "down", detail: string): void => {
    if (state === "up") log.info("Redis answers");
    else log.warn({ detail }, "Redis is away: answers come from memory and the model");
  };
  const connection = new RedisConnection({ open: () => openRedis(target), now, idleMs, onTurn });
  connection.start();
  return { connection, report: new RedisReport(connection, now) };
}
