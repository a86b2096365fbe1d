import type { AlertName } from "../../../../src/lib/protocol/alerts.ts";

type Series = Readonly<Record<string, string>>;

interface Case {
  readonly series: Series;
  /** What fires beside it, since it can't be had without. */
  readonly also?: readonly AlertName[];
}

/** Half an hour of a daemon that works, a sample every 15 s, as promtool writes series. */
export const HEALTHY: Series = {
  up: "1x120",
  combot_memory_usage_ratio: "0.5x120",
  combot_memory_held: "0x120",
  combot_memory_pressure_foreign: "0x120",
  'combot_worker_recycles_total{reason="users"}': "0+1x120",
  'combot_worker_recycles_total{reason="memory"}': "0x120",
  'combot_worker_recycles_total{reason="crash"}': "0x120",
  'combot_worker_recycles_total{reason="hung"}': "0x120",
  combot_workers_held: "0x120",
  combot_memory_unmeasured: "0x120",
  combot_workers_wanted: "2x120",
  combot_workers_ready: "2x120",
  combot_weights_unshared: "0x120",
  combot_model_folder_changed: "0x120",
  combot_models_failed: "0x120",
  'combot_model_reload_seconds{model="mood"}': "0x120",
  combot_requests_total: "0+100x120",
  combot_failures_total: "0+1x120",
  combot_cache_lookups_total: "0+100x120",
  combot_cache_hits_total: "0+90x120",
  combot_cache_keys_found_total: "0+92x120",
  combot_cache_memory_expired_total: "0+2x120",
  combot_redis_up: "1x120",
  combot_redis_memory_used_bytes: "9x120",
  combot_redis_memory_max_bytes: "10x120",
  combot_redis_evicted_keys_total: "7x120",
  combot_journal_up: "1x120",
  combot_journal_dropped_events: "0x120",
  combot_unsure_deviation: "1.5x120",
  combot_disk_free_ratio: "0.5x120",
  combot_cpu_stolen_ratio: "0.01x120",
};

export const FIRING: Readonly<Record<AlertName, Case>> = {
  "memory-warning": { series: { combot_memory_usage_ratio: "0.85x120" } },
  "memory-critical": { series: { combot_memory_usage_ratio: "0.92x120" }, also: ["memory-warning"] },
  "memory-emergency": {
    series: { combot_memory_usage_ratio: "0.97x120" },
    also: ["memory-warning", "memory-critical"],
  },
  "memory-hold": { series: { combot_memory_held: "1x120" } },
  "pressure-not-ours": { series: { combot_memory_pressure_foreign: "1x120" } },
  "memory-recycling": { series: { 'combot_worker_recycles_total{reason="memory"}': "0x90 3x3 6x30" } },
  "memory-unmeasured": { series: { combot_memory_unmeasured: "1x120" } },
  "worker-crashes": {
    series: {
      'combot_worker_recycles_total{reason="crash"}': "0x90 2x40",
      'combot_worker_recycles_total{reason="hung"}': "0x95 1x40",
    },
  },
  "workers-held": { series: { combot_workers_held: "1x120" } },
  "model-down": { series: { combot_workers_ready: "0x120" } },
  errors: { series: { combot_failures_total: "0+6x120" } },
  "unsure-share": { series: { combot_unsure_deviation: "6x120" } },
  "cache-hit-rate": { series: { combot_cache_hits_total: "0+60x120" } },
  "cache-expired": { series: { combot_cache_memory_expired_total: "0+50x120" } },
  "redis-down": { series: { combot_redis_up: "0x120" } },
  "redis-full": { series: { combot_redis_evicted_keys_total: "7+1x120" } },
  "database-down": { series: { combot_journal_up: "0x120" } },
  "journal-drops": { series: { combot_journal_dropped_events: "0x95 4x30" } },
  "weights-unshared": { series: { combot_weights_unshared: "1x120" } },
  "model-changed": { series: { combot_model_folder_changed: "1x120" } },
  "model-failed": { series: { combot_models_failed: "1x120" } },
  "model-thrashing": { series: { 'combot_model_reload_seconds{model="mood"}': "0+3x120" } },
  disk: { series: { combot_disk_free_ratio: "0.05x120" } },
  "cpu-stolen": { series: { combot_cpu_stolen_ratio: "0.3x120" } },
};
