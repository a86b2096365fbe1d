import type { JournalReport } from "../../lib/protocol/metrics.ts";
import type { CheckStatus, Chosen, Health } from "../../lib/protocol/health.ts";
import { LOADING } from "../../lib/protocol/health-words.ts";
import { hangLimitMs } from "../../lib/slowness.ts";
import type { RedisConnection } from "../cache/redis-connection.ts";
import type { Governor } from "../governor/governor.ts";
import type { FolderFault, FolderWatch } from "../model/folder-watch.ts";
import type { Pool } from "../pool/pool.ts";
import type { Engine } from "../residency/engine.ts";

interface Check {
  readonly status: CheckStatus;
  readonly detail: string;
}

/** Work on the database is over within some seconds. */
const HELD_TOO_LONG_MS = hangLimitMs(10_000);

export interface HealthParts {
  readonly engine: Engine;
  /** Who chose its model. */
  readonly chosen: Chosen;
  readonly folder: Pick<FolderWatch, "fault" | "state">;
  readonly governor: Governor;
  /** Undefined where it is off. */
  readonly redis: RedisConnection | undefined;
  readonly journal: JournalReport | null;
  readonly version: string;
}

const NOT_USED: Check = { status: "off", detail: "not used" };

export function checkModel(pool: Pool, doing?: string): Check {
  const { status, detail } = judgePool(pool, doing);
  return { status, detail: [detail, nextTryOf(pool)].filter(Boolean).join("; ") };
}

/** `next try in 12 s`; empty where none is waited for. */
export function nextTryOf({ retryInMs }: Pool): string {
  return retryInMs === undefined ? "" : `next try in ${Math.max(1, Math.ceil(retryInMs / 1000))} s`;
}

/**
 * Whether the model can answer: an unloaded one is ok, since it loads on demand; the first load is not, and neither is
 * a pool whose tries come to nothing.
 *
 * @param doing what the first load is at.
 */
export function judgePool(pool: Pool, doing?: string): Check {
  const wanted = pool.slots.filter((slot) => slot.wanted).length;
  if (pool.held !== undefined) return { status: pool.serving > 0 ? "degraded" : "unhealthy", detail: pool.held };
  if (wanted === 0) return { status: "ok", detail: "unloaded; loads with the next text" };
  if (pool.serving === wanted) return { status: "ok", detail: `${pool.serving} of ${pool.slots.length} workers serve` };
  if (pool.serving > 0)
    return { status: pool.everServed ? "degraded" : "ok", detail: `${pool.serving} of ${wanted} workers serve` };
  if (!pool.everServed) {
    const loading = doing === undefined ? LOADING : `${LOADING}: ${doing}`;
    return { status: "unhealthy", detail: pool.lastFailure ?? loading };
  }
  return { status: "degraded", detail: pool.lastFailure ?? "the worker is being replaced" };
}

/**
 * Workers that share no weights serve all the same: told in words, no degradation. A folder that is not what serves is
 * one: a restart may find another model.
 */
function describeModel({ pool, unshared, doing }: Engine, fault: FolderFault | undefined): Check {
  const { status, detail } = checkModel(pool, doing());
  const reason = unshared();
  const told = reason === undefined ? detail : `${detail}; weights not shared: ${reason}`;
  if (!fault) return { status, detail: told };
  return { status: status === "ok" ? "degraded" : status, detail: `${told}; ${fault.detail}` };
}

function reportWeights({ trial }: Engine): Health["model"]["weights"] {
  const found = trial();
  if (!found) return { file: "untried", reason: null, batching: null };
  const { prepared, reason, batching } = found;
  const plain = reason === undefined ? "small" : "plain";
  return { file: prepared ? "prepared" : plain, reason: reason ?? null, batching };
}

/** At emergency only cached answers are given; on hold it serves, and somebody should look. */
function checkMemory({ level, held, emptied, sample, unmeasured }: Governor): Check {
  // Emergency stays what it was: the way out of it is a reading.
  if (unmeasured !== undefined && level !== "emergency" && !emptied)
    return { status: "degraded", detail: `not governed, it can't be measured: ${unmeasured}` };
  const usage = sample ? `${Math.round(sample.usage * 100)}% used` : "not measured yet";
  if (level === "emergency" || emptied)
    return { status: held ? "degraded" : "unhealthy", detail: `${level}, ${usage}` };
  return { status: held ? "degraded" : "ok", detail: `${level}, ${usage}${held ? "; nothing more is tried" : ""}` };
}

/** Without Redis it answers all the same, more slowly. */
function checkRedis(redis: Pick<RedisConnection, "state" | "refused" | "lastError"> | undefined): Check {
  if (!redis) return NOT_USED;
  const { state, refused } = redis;
  if (state === "up" && refused !== null)
    return { status: "degraded", detail: `answers, and refuses writes: ${refused}` };
  if (state === "up") return { status: "ok", detail: "answers" };
  if (state === "off") return { status: "off", detail: "none found at localhost; REDIS_URL names one" };
  return { status: "degraded", detail: redis.lastError ?? "not connected yet" };
}

/** Serving goes on without the journal. */
export function checkJournal(journal: JournalReport | null): Check {
  if (!journal) return NOT_USED;
  const { state, store, reason, waiting, dropped, held: retention, pool } = journal;
  const lost = dropped > 0 ? `; ${dropped} events lost` : "";
  if (state === "down" || state === "off")
    return { status: "degraded", detail: `${reason ?? state}; ${waiting} events wait${lost}` };
  const connections = pool ? `, ${pool.total} of ${pool.max} connections, ${pool.idle} idle` : "";
  const held = pool?.heldLongest && pool.heldLongest.ms > HELD_TOO_LONG_MS ? pool.heldLongest : undefined;
  const told = held ? `; one is held for ${Math.round(held.ms / 1000)} s: ${held.where}` : "";
  return {
    status: held ? "degraded" : "ok",
    detail: `${store} ${state}${connections}${told}${lost}${retention ? `; ${retention}` : ""}`,
  };
}

export function reportHealth(
  { engine, chosen, folder, governor, redis, journal, version }: HealthParts,
  uptimeSeconds: number,
): Health {
  const checks = {
    model: describeModel(engine, folder.fault),
    redis: checkRedis(redis),
    database: checkJournal(journal),
    memory: checkMemory(governor),
  };
  const statuses = Object.values(checks).map(({ status }) => status);
  const worst = (["unhealthy", "degraded"] as const).find((status) => statuses.includes(status));
  const { name, digest, dir, file, remarks } = engine.model;
  const model = {
    name,
    digest: digest.slice(0, 12),
    dir,
    file,
    chosen,
    folder: folder.state,
    weights: reportWeights(engine),
    remarks: [...remarks],
  };
  return { status: worst ?? "ok", checks, model, version, uptimeSeconds };
}
