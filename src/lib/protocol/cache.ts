import { z } from "zod";

const count = z.int().min(0);
const ratio = z.number().min(0).max(1).nullable();
const state = z.enum(["up", "down", "off"]);
const bytes = count.nullable();
const keys = count.nullable().describe("keys in a Redis that deploy manages; null for any other, and while it is away");

export const cacheStats = z.object({
  hitRate: ratio.describe("hits of lookups since the start, a lookup a text; null before the first"),
  hitRate5m: ratio.describe("the same over the last 5 minutes"),
  coalesced: count.describe("texts answered by a computation under way for an equal text; neither hits nor misses"),
  memory: z.object({
    entries: count,
    maxEntries: count,
    bytes: count,
    hits: count,
    misses: count,
    evictions: count.describe("dropped for want of room, or with the worker that computed them"),
    expired: count,
  }),
  redis: z.object({ state, hits: count, misses: count, errors: count, keys, usedBytes: bytes }),
});

export const redisStatus = z.object({
  state,
  breaker: z.enum(["closed", "open"]).nullable().describe("open: no request asks Redis; null where it is off"),
  latencyMs: z.number().min(0).nullable().describe("of the last probe"),
  version: z.string().nullable(),
  usedBytes: bytes,
  maxBytes: bytes.describe("0: no limit"),
  keys,
  hitRate: ratio.describe("of texts that were looked for in Redis"),
  evictedKeys: count.nullable(),
  connectedSince: z.iso.datetime().nullable(),
  refused: z.string().nullable().describe("why writes are refused while it answers; null while they are taken"),
  lastError: z.string().nullable().describe("the last trouble since the start, also after it has passed"),
  sweptKeys: count.nullable().describe("keys that the cleanup under way has removed; null while there is none"),
});

/** The namespaces of the shared cache beside the classifications: kept in Redis alone. */
export const CACHE_NAMESPACES = ["product", "session"] as const;
/** Bytes of one value's JSON, at most. */
export const MAX_VALUE_BYTES = 256 * 1024;

export const cacheValuePlace = z.strictObject({
  namespace: z
    .enum(CACHE_NAMESPACES)
    .describe("product: kept for an hour; session: for 30 minutes since last asked for"),
  key: z.string().regex(/^[\w.:-]{1,200}$/, "1 to 200 of A-Z a-z 0-9 _ . : -"),
});

export const cacheValue = z
  .unknown()
  .describe("any JSON, up to 256 KiB; what is read is byte for byte what was written");

export const cacheValueKept = z.object({
  namespace: z.enum(CACHE_NAMESPACES),
  key: z.string(),
  ttlSeconds: z.int().min(1),
});

export const cacheValueRemoved = z.object({ removed: z.boolean().describe("false: there was none") });

export type CacheValuePlace = z.infer<typeof cacheValuePlace>;
export type CacheValueKept = z.infer<typeof cacheValueKept>;
export type CacheValueRemoved = z.infer<typeof cacheValueRemoved>;
export type CacheStats = z.infer<typeof cacheStats>;
export type RedisStatus = z.infer<typeof redisStatus>;
