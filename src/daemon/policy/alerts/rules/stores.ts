import type { AlertName } from "../../../../lib/protocol/alerts.ts";
import { atOnce, flag, SAME, shareOf } from "../rule.ts";
import type { AlertRule } from "../rule.ts";

const MIN_LOOKUPS = 500;
const MIN_KEYS_FOUND = 100;
const DISK_SLACK = 0.01;

const cacheWindow: AlertRule["windowMs"] = ({ cacheWindowMs }) => cacheWindowMs;
const lasting: AlertRule["forMs"] = ({ afterMs }) => afterMs;

const CACHE_RULES = {
  "cache-hit-rate": {
    severity: "warning",
    summary: "The cache answers few of the texts.",
    cause: "Texts that are seldom the same, a cache that is too small or was emptied, or Redis away.",
    help: "combot status; GET /api/cache/stats/ has evictions and expired: MAX_CACHE_SIZE, CACHE_TTL, REDIS_URL.",
    // A cache that was just started, or that goes with a new model, is cold: it has that long to fill.
    forMs: cacheWindow,
    windowMs: cacheWindow,
    threshold: ({ hitRate }) => hitRate,
    measure: ({ now, earlier }) => shareOf(now.hits - earlier.hits, now.lookups - earlier.lookups, MIN_LOOKUPS),
    promql: (window) => {
      const lookups = `increase(combot_cache_lookups_total[${window}])`;
      return `(increase(combot_cache_hits_total[${window}]) / ${lookups} and ${SAME} ${lookups} >= ${MIN_LOOKUPS})`;
    },
    measures: `hits of the lookups, from ${MIN_LOOKUPS} lookups on`,
    below: true,
    slack: 0.02,
  },
  "cache-expired": {
    severity: "warning",
    summary: "Most entries that are found in the cache are too old.",
    cause: "Texts come again later than CACHE_TTL.",
    help: "Raise CACHE_TTL, and have the daemon reload its settings (SIGHUP, systemctl reload) or restart.",
    forMs: cacheWindow,
    windowMs: cacheWindow,
    threshold: ({ expired }) => expired,
    measure: ({ now, earlier }) =>
      shareOf(now.keysExpired - earlier.keysExpired, now.keysFound - earlier.keysFound, MIN_KEYS_FOUND),
    promql: (window) => {
      const found = `increase(combot_cache_keys_found_total[${window}])`;
      const expired = `increase(combot_cache_memory_expired_total[${window}])`;
      return `(${expired} / ${found} and ${SAME} ${found} >= ${MIN_KEYS_FOUND})`;
    },
    measures: `expired share of the lookups that found a key, from ${MIN_KEYS_FOUND} on`,
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;

const REDIS_RULES = {
  "redis-down": {
    severity: "warning",
    summary: "Redis is away, or takes no writes: answers come from memory and the model.",
    cause:
      "Redis has stopped, is too slow (25 ms), refuses the password, or takes no writes: a replica, full without eviction, a disk that it can't save to, an ACL that is too narrow.",
    help: "GET /api/redis/status/ has the last error; combot logs --redis, where combot deploy made it, what it says itself.",
    forMs: lasting,
    ...flag("while Redis is away or refuses writes", ({ redisUp }) => redisUp === false, "(1 - combot_redis_up)"),
  },
  "redis-full": {
    severity: "warning",
    summary: "Redis is full, and drops entries that are still good.",
    cause: "More texts, products and sessions than its maxmemory holds.",
    help: "Raise maxmemory (a larger COMBOT_PROFILE, then combot deploy), or lower CACHE_TTL.",
    forMs: atOnce,
    windowMs: cacheWindow,
    threshold: ({ redisMemory }) => redisMemory,
    measure: ({ now, earlier }) => {
      const isEvicting = (now.redisEvicted ?? 0) > (earlier.redisEvicted ?? now.redisEvicted ?? 0);
      return isEvicting ? now.redisMemory : null;
    },
    promql: (window) =>
      "(combot_redis_memory_used_bytes / combot_redis_memory_max_bytes" +
      ` and ${SAME} increase(combot_redis_evicted_keys_total[${window}]) > 0)`,
    measures: "share of maxmemory in use while Redis evicts",
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;

export const STORE_RULES = {
  ...CACHE_RULES,
  ...REDIS_RULES,
  "database-down": {
    severity: "warning",
    summary: "The journal can't be written; serving goes on.",
    cause: "Postgres has stopped or refuses us, the disk is full, or the schema is a later release's.",
    help: "combot status has the reason; events wait in memory, the oldest are dropped when there are too many.",
    forMs: lasting,
    ...flag("while it can't be written", ({ journalUp }) => journalUp === false, "(1 - combot_journal_up)"),
  },
  "journal-drops": {
    severity: "warning",
    summary: "The journal has lost events.",
    cause: "The database was away for longer than events could wait, or refused some.",
    help: "combot status has the journal's state; GET /api/metrics/ counts what was dropped.",
    forMs: atOnce,
    windowMs: ({ windowMs }) => windowMs,
    threshold: () => 1,
    measure: ({ now, earlier }) => now.journalDropped - earlier.journalDropped,
    promql: (window) => `increase(combot_journal_dropped_events[${window}])`,
    measures: "events dropped",
  },
  disk: {
    severity: "warning",
    summary: "The disk that holds the state is nearly full.",
    cause: "The journal, prepared models, backups, or something else on the same file system.",
    help: "df -h and du -xh of COMBOT_STATE_DIR.",
    forMs: lasting,
    windowMs: atOnce,
    threshold: ({ diskFree }) => diskFree,
    measure: ({ now }) => now.diskFree,
    promql: () => "combot_disk_free_ratio",
    measures: "free share of the disk that holds COMBOT_STATE_DIR",
    below: true,
    slack: DISK_SLACK,
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;
