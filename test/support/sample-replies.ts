import type { AlertsReply } from "../../src/lib/protocol/alerts.ts";
import type { CacheStats, RedisStatus } from "../../src/lib/protocol/cache.ts";
import type { CleanupReply, CleanupSnapshot } from "../../src/lib/protocol/cleanup.ts";
import type { ConfigReport } from "../../src/lib/protocol/config.ts";
import type { Decision } from "../../src/lib/protocol/decisions.ts";
import type { Sample } from "../../src/lib/protocol/events.ts";
import type { Health } from "../../src/lib/protocol/health.ts";
import type { MemoryReport } from "../../src/lib/protocol/memory.ts";
import type { MetricsReport } from "../../src/lib/protocol/metrics.ts";
import type { ProcessStatus, WorkerStatus } from "../../src/lib/protocol/process.ts";
import { MIB } from "../../src/lib/units.ts";

// One reply of each kind, as a daemon on a t3.large gives them after some hours.

const OFF = { status: "off", detail: "not configured" } as const;

export const HEALTH: Health = {
  status: "ok",
  checks: {
    model: { status: "ok", detail: "intents 3f9a01c2b7de on 2 of 2 workers" },
    redis: { status: "ok", detail: "up, 0.3 ms" },
    database: OFF,
    memory: { status: "ok", detail: "61% of 7.7 GiB" },
  },
  model: {
    name: "shop-intents",
    digest: "0123456789ab",
    dir: "/srv/models/shop-intents",
    file: "model.onnx",
    chosen: { by: "setting", at: null },
    folder: "same",
    weights: { file: "prepared", reason: null, batching: "padded" },
    remarks: [],
  },
  version: "0.1.0",
  uptimeSeconds: 11_520,
};

export const ALERTS_REPLY: AlertsReply = {
  firing: [
    {
      at: "2026-01-02T03:04:05.678Z",
      alert: "memory-warning",
      severity: "warning",
      state: "firing",
      measured: 0.83,
      threshold: 0.8,
      host: "shop-1",
      summary: "Memory is at the warning level.",
      help: "combot status shows who holds it.",
    },
  ],
  resolved: [],
  webhook: { waiting: 0, dropped: 0, lastError: null },
};

export const MEMORY: MemoryReport = {
  level: "normal",
  usage: 0.612,
  usedBytes: 4825 * MIB,
  limitBytes: 7884 * MIB,
  source: "system",
  pressure: { some10: 0, full10: 0 },
  thresholds: { warning: 0.8, high: 0.85, critical: 0.9, emergency: 0.95 },
  processes: [],
  model: { name: "shop-intents", digest: "0123456789ab", loaded: true, bytes: 612 * MIB, unloadsInSeconds: 252 },
};

const RECYCLES = {
  total: 7,
  byReason: { users: 4, requests: 2, uptime: 0, memory: 0, crash: 0, hung: 0, manual: 1 },
} as const;

export const METRICS: MetricsReport = {
  requests: 18_204,
  texts: 21_377,
  errors: { QUEUE_FULL: 3, DEADLINE_EXCEEDED: 1 },
  clientsGone: 2,
  latencyMs: {
    memory: { p50: 0.08, p90: 0.2, p99: 1.1 },
    redis: { p50: 0.7, p90: 1.4, p99: 6 },
    computed: { p50: 14.2, p90: 31, p99: 122 },
  },
  throughput: 12.4,
  queue: { waiting: 3, oldestMs: 41 },
  batches: { count: 9120, meanSize: 1.7 },
  recycles: RECYCLES,
  users: 64,
  journal: {
    state: "up",
    store: "sqlite",
    reason: null,
    waiting: 2,
    written: 5120,
    dropped: 0,
    held: null,
    pool: null,
  },
};

export const WORKER: WorkerStatus = {
  slot: 0,
  pid: 4_194_301,
  state: "ready",
  generation: 4,
  users: 12,
  requests: 340,
  uptimeSeconds: 11_460,
  rssBytes: 404 * MIB,
  pssBytes: 318 * MIB,
  batches: { bySize: [210, 31, 12, 4, 2, 1, 0, 1], meanTokens: 21.4, meanMs: 8.2 },
  dueBy: null,
  limits: { maxUsers: 50, maxRequests: 1043, maxUptimeSeconds: 14_700 },
  next: { reason: "uptime", inSeconds: 3240 },
};

export const PROCESS_STATUS: ProcessStatus = {
  daemon: { pid: 1201, rssBytes: 92 * MIB, uptimeSeconds: 11_520, version: "0.1.0" },
  workers: [
    WORKER,
    { ...WORKER, slot: 1, pid: 1240, state: "draining", generation: 3, users: 50, requests: 1002, dueBy: "users" },
    { ...WORKER, slot: 1, pid: 1302, state: "starting", users: 0, requests: 0, uptimeSeconds: 2, pssBytes: null },
  ],
  recycles: RECYCLES,
  limits: { maxUsers: 50, maxRequests: 1000, maxRequestsJitter: 100, maxUptimeSeconds: 14_400 },
};

export const CONFIG: ConfigReport = {
  settings: [
    { name: "WORKERS", value: "2", source: "profile", sourceDetail: "t3.large", doc: "Worker processes." },
    { name: "LOG_LEVEL", value: "info", source: "default", doc: "The least severe log lines written." },
  ],
};

export const DECISION: Decision = {
  id: "0mb1k2x9q-00000a",
  at: "2026-01-02T03:04:05.678Z",
  action: "recycle",
  reason: "users",
  measured: 50,
  threshold: 50,
  freedBytes: 21 * MIB,
  durationMs: 812,
  slot: 1,
  detail: "replacement first: a worker needs 24.0 MiB",
};

const BEFORE: CleanupSnapshot = {
  usage: 0.62,
  usedBytes: 4_925 * MIB,
  limitBytes: 7884 * MIB,
  cacheBytes: 2 * MIB,
  processes: [
    {
      role: "daemon",
      pid: 1201,
      rssBytes: 92 * MIB,
      pssBytes: 60 * MIB,
      privateBytes: 40 * MIB,
      mappedBytes: 52 * MIB,
    },
    {
      role: "worker",
      pid: 1240,
      rssBytes: 80 * MIB,
      pssBytes: 50 * MIB,
      privateBytes: 22 * MIB,
      mappedBytes: 60 * MIB,
    },
    {
      role: "worker",
      pid: 1302,
      rssBytes: 81 * MIB,
      pssBytes: 51 * MIB,
      privateBytes: 23 * MIB,
      mappedBytes: 60 * MIB,
    },
  ],
};

export const CLEANUP: CleanupReply = {
  level: "force",
  dryRun: false,
  actions: [
    { action: "in-memory cache emptied", reason: "force", freedBytes: 2 * MIB, durationMs: 1 },
    { action: "worker 0 ended", reason: "starts again on demand", freedBytes: 20 * MIB, durationMs: 212 },
    { action: "worker 1 ended", reason: "starts again on demand", freedBytes: 21 * MIB, durationMs: 187 },
    { action: "garbage collected in the daemon", reason: "force", freedBytes: 3 * MIB, durationMs: 14 },
  ],
  before: BEFORE,
  after: {
    usage: 0.61,
    usedBytes: 4_830 * MIB,
    limitBytes: 7884 * MIB,
    cacheBytes: 0,
    processes: [
      {
        role: "daemon",
        pid: 1201,
        rssBytes: 87 * MIB,
        pssBytes: 71 * MIB,
        privateBytes: 35 * MIB,
        mappedBytes: 52 * MIB,
      },
    ],
  },
  freedBytes: 46 * MIB,
  durationMs: 1340,
};

export const CACHE_STATS: CacheStats = {
  hitRate: 0.83,
  hitRate5m: 0.85,
  coalesced: 12,
  memory: { entries: 100, maxEntries: 100, bytes: 41_000, hits: 5200, misses: 2900, evictions: 800, expired: 3 },
  redis: { state: "up", hits: 1600, misses: 1300, errors: 0, keys: null, usedBytes: 2_300_000 },
};

export const REDIS_STATUS: RedisStatus = {
  state: "up",
  breaker: "closed",
  latencyMs: 0.21,
  version: "7.0.15",
  usedBytes: 2_300_000,
  maxBytes: 536_870_912,
  keys: null,
  hitRate: 0.55,
  evictedKeys: 0,
  connectedSince: "2026-01-02T03:04:05.678Z",
  refused: null,
  lastError: null,
  sweptKeys: null,
};

export const SAMPLE: Sample = {
  at: "2026-01-02T03:04:05.678Z",
  health: HEALTH,
  memory: MEMORY,
  process: PROCESS_STATUS,
  metrics: METRICS,
  recentLatencyMs: { p50: 0.7, p90: 14.2, p99: 31 },
  cache: CACHE_STATS,
  redis: REDIS_STATUS,
  alerts: ALERTS_REPLY.firing,
};
