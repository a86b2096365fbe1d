import type { RedisSettings, Settings } from "../../lib/config/settings.ts";
import { AnswerCache } from "../cache/answer-cache.ts";
import { chooseKeyScheme } from "../cache/keys.ts";
import { MemoryTier } from "../cache/memory-tier.ts";
import { openRedis } from "../cache/redis-client.ts";
import type { RedisClient } from "../cache/redis-client.ts";
import { RedisConnection } from "../cache/redis-connection.ts";
import type { RedisState } from "../cache/redis-presence.ts";
import { RedisReport } from "../cache/redis-report.ts";
import { RedisTier } from "../cache/redis-tier.ts";
import { purgeRedis } from "../cache/sweep.ts";
import { SharedValues } from "../cache/shared-values.ts";
import type { Logger } from "../log/log.ts";
import type { SharedRedis } from "../reports/cache-report.ts";

export interface Caching {
  readonly answers: AnswerCache;
  /** Undefined where Redis is off. */
  readonly redis: SharedRedis | undefined;
  /** Products and sessions. */
  readonly values: SharedValues;
}

const NONE_FOUND = "no Redis found at localhost: answers are cached in memory alone. REDIS_URL names one, or is off";

const now = (): number => performance.now();
const idleMs = (): number => performance.eventLoopUtilization().idle;

/**
 * The tiers as the settings want them; Redis is connected to in the background.
 *
 * @param readAgain where it is and what its password is by now.
 */
export function createCaching(
  settings: Settings,
  log: Logger,
  readAgain: () => RedisSettings = () => settings.redis,
): Caching {
  const keys = chooseKeyScheme();
  if (keys.algorithm === "sha256") log.warn("MD5 is refused on this machine: cache keys are SHA-256");
  const redis = connect(settings, log, readAgain);
  const memory = new MemoryTier({ maxEntries: settings.maxCacheEntries, now });
  const ttlMs = (): number => settings.cacheTtlMs;
  const tier = redis && new RedisTier({ connection: redis.connection, mostTtlMs: ttlMs, now, wallClock: Date.now });
  const answers = new AnswerCache({ keys, memory, redis: tier, ttlMs, now });
  return { answers, redis, values: new SharedValues(redis?.connection) };
}

function connect({ redis: target }: Settings, log: Logger, readAgain: () => RedisSettings): SharedRedis | undefined {
  if (target.kind === "off") return undefined;
  const listeners: (() => void)[] = [];
  const onTurn = (state: RedisState, detail: string): void => {
    if (state === "up") {
      log.info("Redis answers");
      for (const listener of listeners) listener();
    } else if (state === "off") log.info({ detail }, NONE_FOUND);
    else log.warn({ detail }, "Redis is away: answers come from memory and the model");
  };
  const onRefused = (why: string | null): void => {
    if (why === null) log.info("Redis takes writes again");
    else log.warn({ detail: why }, "Redis refuses writes: what it has is still read");
  };
  const open = (): Promise<RedisClient> => {
    const current = readAgain();
    return openRedis(current.kind === "off" ? target : current);
  };
  const { isAssumed } = target;
  const connection = new RedisConnection({ open, now, idleMs, isAssumed, onTurn, onRefused });
  connection.start();
  const purge = (): void => {
    if (connection.client) void purgeRedis(connection.client);
  };
  const onUp = (listener: () => void): void => void listeners.push(listener);
  return { connection, report: new RedisReport(connection, now), sweptKeys: null, purge, onUp };
}
