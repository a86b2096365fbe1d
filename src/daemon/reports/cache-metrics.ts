import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { SharedRedis } from "./cache-report.ts";

/** Puts the cache's own counts on the Prometheus page. */
export function publishCache(metrics: Metrics, answers: AnswerCache, redis: SharedRedis | undefined): void {
  const { memory, redis: tier, rate } = answers;
  const watch = metrics.watch.bind(metrics);
  watch("combot_cache_lookups_total", "Texts looked for in the cache.", () => rate.lookups);
  watch("combot_cache_hits_total", "Texts that the cache answered, memory or Redis.", () => rate.hits);
  watch("combot_cache_keys_found_total", "Lookups that found a key, be its entry too old.", () => keysFound(answers));
  watch("combot_cache_memory_hits_total", "Texts answered from memory.", () => memory.hits);
  watch("combot_cache_memory_misses_total", "Texts that were not in memory.", () => memory.misses);
  watch("combot_cache_memory_evictions_total", "Entries dropped for want of room.", () => memory.evictions);
  watch("combot_cache_memory_expired_total", "Entries found too old.", () => memory.expired);
  watch("combot_cache_memory_entries", "Entries in memory.", () => memory.entries);
  watch("combot_cache_memory_bytes", "Bytes that the entries in memory take, estimated.", () => memory.bytes);
  watch("combot_cache_coalesced_total", "Texts that joined an equal one under way.", () => answers.coalesced);
  if (!redis || !tier) return;
  const { connection, report } = redis;
  watch(
    "combot_redis_up",
    "1 while Redis answers and takes writes; NaN where nobody named one and none is found.",
    () => (connection.state === "off" ? NaN : Number(connection.state === "up" && connection.refused === null)),
  );
  watch("combot_redis_memory_used_bytes", "Memory that Redis uses.", () => report.last.usedBytes ?? NaN);
  watch("combot_redis_memory_max_bytes", "Redis's maxmemory; 0 is no limit.", () => report.last.maxBytes ?? NaN);
  watch("combot_redis_evicted_keys_total", "Keys that Redis dropped for want of room.", () => {
    return report.last.evictedKeys ?? NaN;
  });
  watch("combot_redis_hits_total", "Texts answered from Redis.", () => tier.hits);
  watch("combot_redis_misses_total", "Texts that Redis had no usable entry for.", () => tier.misses);
  watch("combot_redis_errors_total", "Calls that failed or came too late.", () => connection.errors);
  watch("combot_redis_dropped_writes_total", "Answers that were not written.", () => tier.droppedWrites);
  watch("combot_redis_unusable_entries_total", "Entries of another version, damaged, or of another text.", () =>
    Object.values(tier.unusable).reduce((a, b) => a + b, 0),
  );
}

/** Redis itself forgets what has expired: only memory finds entries that are too old. */
export function keysFound({ memory, redis }: AnswerCache): number {
  return memory.hits + memory.expired + (redis?.hits ?? 0);
}
