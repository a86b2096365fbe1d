/** What the dashboard shows, row by row. */
export interface Panel {
  readonly title: string;
  /** As Grafana names it. */
  readonly unit: string;
  /** PromQL by legend; `$scope` stands for the instances chosen. */
  readonly queries: Readonly<Record<string, string>>;
  /** One large figure in place of a graph. */
  readonly stat?: true;
}

const rate = (metric: string, labels = ""): string => `rate(${metric}{$scope${labels}}[$__rate_interval])`;

function quantiles(metric: string, by = ""): Readonly<Record<string, string>> {
  const buckets = `sum by (le${by}) (${rate(`${metric}_bucket`)})`;
  const legend = by === "" ? "" : " {{class}}";
  return Object.fromEntries(
    [0.5, 0.99].map((share) => [`p${share * 100}${legend}`, `histogram_quantile(${share}, ${buckets})`]),
  );
}

export const PANELS: Readonly<Record<string, readonly Panel[]>> = {
  "At a glance": [
    { title: "Alerts that fire", unit: "none", stat: true, queries: { firing: "sum(combot_alert_firing{$scope})" } },
    { title: "Calls a second", unit: "reqps", stat: true, queries: { calls: `sum(${rate("combot_requests_total")})` } },
    {
      title: "Failed share",
      unit: "percentunit",
      stat: true,
      queries: { failed: `sum(${rate("combot_failures_total")}) / sum(${rate("combot_requests_total")})` },
    },
    {
      title: "Cache hit rate",
      unit: "percentunit",
      stat: true,
      queries: { hits: `sum(${rate("combot_cache_hits_total")}) / sum(${rate("combot_cache_lookups_total")})` },
    },
    {
      title: "Memory in use",
      unit: "percentunit",
      stat: true,
      queries: { usage: "max(combot_memory_usage_ratio{$scope})" },
    },
    {
      title: "Alerts",
      unit: "none",
      queries: { "{{alert}} {{instance}}": "combot_alert_firing{$scope} > 0" },
    },
  ],
  Serving: [
    {
      title: "Calls and texts",
      unit: "reqps",
      queries: {
        calls: `sum(${rate("combot_requests_total")})`,
        texts: `sum(${rate("combot_texts_total")})`,
      },
    },
    {
      title: "Errors by code",
      unit: "reqps",
      queries: { "{{code}}": `sum by (code) (${rate("combot_errors_total")})` },
    },
    { title: "Latency by source", unit: "s", queries: quantiles("combot_request_duration_seconds", ", class") },
    { title: "Wait for a worker", unit: "s", queries: quantiles("combot_queue_wait_seconds") },
    {
      title: "Queue",
      unit: "none",
      queries: { "texts {{instance}}": "combot_queue_texts{$scope}" },
    },
    {
      title: "Oldest text",
      unit: "s",
      queries: { "{{instance}}": "combot_queue_oldest_seconds{$scope}" },
    },
  ],
  "Models, each by its name": [
    {
      title: "Texts by model",
      unit: "reqps",
      queries: { "{{model}}": `sum by (model) (${rate("combot_model_texts_total")})` },
    },
    {
      title: "p99 of what workers computed",
      unit: "s",
      queries: { "{{model}}": "max by (model) (combot_model_request_p99_seconds{$scope})" },
    },
    {
      title: "Memory by model",
      unit: "bytes",
      queries: { "{{model}}": "sum by (model) (combot_model_memory_bytes{$scope})" },
    },
    {
      title: "Workers by model",
      unit: "none",
      queries: { "{{model}}": "sum by (model) (combot_model_workers_ready{$scope})" },
    },
    {
      title: "Loads and evictions",
      unit: "none",
      queries: {
        "loads {{model}}": "sum by (model) (increase(combot_model_loads_total{$scope}[$__rate_interval]))",
        "evictions {{model}}": "sum by (model) (increase(combot_model_evictions_total{$scope}[$__rate_interval]))",
      },
    },
    {
      title: "Failures by model",
      unit: "reqps",
      queries: { "{{model}}": `sum by (model) (${rate("combot_model_failures_total")})` },
    },
  ],
  Workers: [
    {
      title: "Workers",
      unit: "none",
      queries: {
        "serving {{instance}}": "combot_workers_ready{$scope}",
        "wanted {{instance}}": "combot_workers_wanted{$scope}",
      },
    },
    {
      title: "Recycles by reason, each hour",
      unit: "none",
      queries: { "{{reason}}": "sum by (reason) (increase(combot_worker_recycles_total{$scope}[1h]))" },
    },
    {
      title: "Texts in a batch",
      unit: "none",
      queries: { mean: `sum(${rate("combot_batch_texts_sum")}) / sum(${rate("combot_batch_texts_count")})` },
    },
    { title: "Time of a batch", unit: "s", queries: quantiles("combot_batch_duration_seconds") },
    { title: "Users known to workers", unit: "none", queries: { "{{instance}}": "combot_users{$scope}" } },
  ],
  Memory: [
    {
      title: "Usage and levels",
      unit: "percentunit",
      queries: {
        "usage {{instance}}": "combot_memory_usage_ratio{$scope}",
        "{{alert}}": 'max by (alert) (combot_alert_threshold{$scope, alert=~"memory-(warning|critical|emergency)"})',
      },
    },
    { title: "Daemon", unit: "bytes", queries: { "{{instance}}": "process_resident_memory_bytes{$scope}" } },
    { title: "Disk free", unit: "percentunit", queries: { "{{instance}}": "combot_disk_free_ratio{$scope}" } },
    {
      title: "CPU time taken by the host",
      unit: "percentunit",
      queries: { "{{instance}}": "combot_cpu_stolen_ratio{$scope}" },
    },
  ],
  "Cache and Redis": [
    {
      title: "Lookups",
      unit: "reqps",
      queries: {
        memory: `sum(${rate("combot_cache_memory_hits_total")})`,
        Redis: `sum(${rate("combot_redis_hits_total")})`,
        coalesced: `sum(${rate("combot_cache_coalesced_total")})`,
        all: `sum(${rate("combot_cache_lookups_total")})`,
      },
    },
    {
      title: "Memory tier",
      unit: "none",
      queries: {
        "entries {{instance}}": "combot_cache_memory_entries{$scope}",
        "evicted a second": `sum(${rate("combot_cache_memory_evictions_total")})`,
        "expired a second": `sum(${rate("combot_cache_memory_expired_total")})`,
      },
    },
    { title: "Redis up", unit: "none", queries: { "{{instance}}": "combot_redis_up{$scope}" } },
    {
      title: "Redis memory",
      unit: "bytes",
      queries: {
        "used {{instance}}": "combot_redis_memory_used_bytes{$scope}",
        "maxmemory {{instance}}": "combot_redis_memory_max_bytes{$scope}",
      },
    },
    {
      title: "Redis: evictions, errors, dropped writes",
      unit: "ops",
      queries: {
        evicted: `max(${rate("combot_redis_evicted_keys_total")})`,
        errors: `sum(${rate("combot_redis_errors_total")})`,
        "dropped writes": `sum(${rate("combot_redis_dropped_writes_total")})`,
      },
    },
  ],
  Journal: [
    { title: "Journal up", unit: "none", queries: { "{{instance}}": "combot_journal_up{$scope}" } },
    {
      title: "Events",
      unit: "none",
      queries: {
        "waiting {{instance}}": "combot_journal_waiting_events{$scope}",
        "dropped {{instance}}": "combot_journal_dropped_events{$scope}",
      },
    },
    {
      title: "Database connections",
      unit: "none",
      queries: {
        "open {{instance}}": "combot_database_connections{$scope}",
        "waiting {{instance}}": "combot_database_waiting{$scope}",
      },
    },
  ],
};
