import type { MonitorView } from "../../monitor/state.ts";
import type { CacheStats, RedisStatus } from "../../protocol/cache.ts";
import type { Sample } from "../../protocol/events.ts";
import type { MemoryReport } from "../../protocol/memory.ts";
import type { JournalReport, MetricsReport } from "../../protocol/metrics.ts";
import { formatBytes, formatDuration } from "../../units.ts";
import { printable, span } from "../line.ts";
import type { Line } from "../line.ts";
import { percent, shortCount, shortMs } from "../words.ts";
import { bytesOf, rateOf, row, shareOf } from "./cells.ts";
import type { RowSpace } from "./cells.ts";

/** Traffic, model, cache, Redis and journal; nothing without a daemon. */
export function serviceRows({ sample, derived, past }: MonitorView, space: RowSpace, selected?: string | null): Line[] {
  if (!sample) return [];
  const { metrics, memory, cache, redis } = sample;
  return [
    ...trafficRows(sample, derived.requestsPerSecond, { isPast: past !== undefined }, space),
    ...modelRows(memory.model, space, !sample.models && selected === `model ${memory.model.digest}`),
    ...cacheRows(cache, derived.hitRate, space),
    ...redisRows(redis, space),
    ...journalRows(metrics.journal, space),
  ];
}

type Traffic = Pick<Sample, "metrics"> & Partial<Pick<Sample, "recentLatencyMs">>;

function trafficRows(
  { metrics, recentLatencyMs }: Traffic,
  requestsPerSecond: number | null,
  { isPast }: { readonly isPast: boolean },
  space: RowSpace,
): Line[] {
  const { queue, batches, users, requests } = metrics;
  const waiting = queue.waiting === 0 ? "queue 0" : `queue ${queue.waiting} for ${formatDuration(queue.oldestMs)}`;
  const { p50 = null, p99 = null } = recentLatencyMs ?? {};
  const phrases = [
    `${rateOf(requestsPerSecond)} requests/s`,
    `p50 ${shortMs(p50)} p99 ${shortMs(p99)} ms`,
    waiting,
    `batch ${batches.meanSize.toFixed(1)}`,
    `${shortCount(users)} users`,
    `${shortCount(requests)} calls`,
    failures(metrics),
    ...unsure(metrics),
    ...(isPast ? ["latencies of the slowest class"] : []),
  ];
  return row("traffic", phrases, space);
}

function failures({ errors }: MetricsReport): Line {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return [span(`${shortCount(failed)} failed`, failed > 0 ? "careful" : undefined)];
}

/** Nothing where nothing was decided of any answer. */
function unsure({ answers }: MetricsReport): string[] {
  const share = answers?.unsureShare ?? null;
  return share === null ? [] : [`${percent(share)} unsure`];
}

export function modelRows(model: MemoryReport["model"], space: RowSpace, isSelected = false): Line[] {
  const { name, digest, loaded, bytes, unloadsInSeconds } = model;
  const until =
    unloadsInSeconds === null ? "stays loaded" : `unloads in ${formatDuration(unloadsInSeconds * 1000)} if idle`;
  const state = loaded ? [[span("loaded", "good")], until, formatBytes(bytes)] : [[span("not loaded", "careful")]];
  return row(isSelected ? `${space.glyphs.pointer} model` : "model", [printable(name), ...state, digest], space);
}

export function cacheRows(cache: CacheStats, hitRate: number | null | undefined, space: RowSpace): Line[] {
  const { memory, redis, coalesced, hitRate5m, hitRate: overall } = cache;
  const now = hitRate === undefined ? `${shareOf(overall)} since the start` : `${shareOf(hitRate)} now`;
  const far = redis.state === "off" ? [] : [`Redis ${shortCount(redis.hits)} hits ${shortCount(redis.misses)} misses`];
  const phrases = [
    `hit ${now}, ${shareOf(hitRate5m)} in 5 min`,
    `${shortCount(memory.entries)} of ${shortCount(memory.maxEntries)} entries`,
    `${shortCount(memory.evictions)} evicted`,
    `${shortCount(coalesced)} coalesced`,
    formatBytes(memory.bytes),
    `memory ${shortCount(memory.hits)} hits ${shortCount(memory.misses)} misses`,
    ...far,
  ];
  return row("cache", phrases, space);
}

export function redisRows(redis: RedisStatus, space: RowSpace): Line[] {
  const { state, breaker, latencyMs, usedBytes, maxBytes, keys, evictedKeys, version, lastError } = redis;
  // Looked for where one usually is, and not found: the setting that names another one.
  if (state === "off") return row("redis", breaker === null ? ["off"] : ["off (none found)", "REDIS_URL"], space);
  const said = breaker === null ? [] : [`breaker ${breaker}`];
  if (state === "down") return row("redis", [[span("down", "bad")], ...said, printable(lastError ?? "")], space);
  const most = maxBytes ? ` of ${formatBytes(maxBytes)}` : "";
  const phrases = [
    [span("up", "good")],
    `${latencyMs === null ? "-" : latencyMs.toFixed(2)} ms`,
    `${bytesOf(usedBytes)}${most}`,
    ...said,
    ...(keys === null ? [] : [`${shortCount(keys)} keys`]),
    `${shortCount(evictedKeys ?? 0)} evicted`,
    `version ${printable(version ?? "-")}`,
  ];
  return row("redis", phrases, space);
}

const JOURNAL_TONES = { up: "good", opening: "careful", down: "bad", off: "bad" } as const;

export function journalRows(journal: JournalReport | null, space: RowSpace): Line[] {
  if (!journal) return row("journal", ["off"], space);
  const { state, store, reason, waiting, written, dropped, pool } = journal;
  const connections = pool
    ? [`pool ${pool.total} of ${pool.max}, ${pool.idle} idle${pool.waiting > 0 ? `, ${pool.waiting} wait` : ""}`]
    : [];
  const lost = span(`${shortCount(dropped)} dropped`, dropped > 0 ? "careful" : undefined);
  const phrases = [
    [span(`${store} `), span(state, JOURNAL_TONES[state])],
    `${shortCount(waiting)} waiting`,
    [lost],
    ...connections,
    ...(reason === null ? [] : [printable(reason)]),
    `${shortCount(written)} written`,
  ];
  return row("journal", phrases, space);
}
