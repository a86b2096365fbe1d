import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { SharedRedis } from "./cache-report.ts";

/** Puts the cache's own counts on the Prometheus page. */
export function publishCache(metrics: Metrics, answers: AnswerCache, redis: SharedRedis | undefined): void {
  const { memory, redis: tier } = answers;
  const watch = metrics.watch.bind(metrics);
  watch("combot_cache_memory_hits_total", "Texts answered from memory.", () => memory.hits);
  watch("combot_cache_memory_misses_total", "Texts that were not in memory.", () => memory.misses);
  watch("combot_cache_memory_evictions_total", "Entries dropped for want of room.", () => memory.evictions);
  watch("combot_cache_memory_expired_total", "Entries found too old.", () => memory.expired);
  watch("combot_cache_memory_entries", "Entries in memory.", () => memory.entries);
  watch("combot_cache_memory_bytes", "Bytes that the entries in memory take, estimated.", () => memory.bytes);
  watch("combot_cache_coalesced_total", "Texts that joined an equal one under way.", () => answers.coalesced);
  if (!redis || !tier) return;
  const { connection } = redis;
  watch("combot_redis_up", "1 while requests may ask Redis.", () => (connection.state === "up" ? 1 : 0));
  watch("combot_redis_hits_total", "Texts answered from Redis.", () => tier.hits);
  watch("combot_redis_misses_total", "Texts that Redis had no usable entry for.", () => tier.misses);
  watch("combot_redis_errors_total", "Calls that failed or came too late.", () => connection.errors);
  watch("combot_redis_dropped_writes_total", "Answers that were not written.", () => tier.droppedWrites);
  watch("combot_redis_unusable_entries_total", "Entries of another version, damaged, or of another text.", () =>
    Object.values(tier.unusable).reduce((a, b) => a + b, 0),
  );
}
