import type { CheckStatus, Health } from "../../lib/protocol/health.ts";
import type { Pool } from "../pool/pool.ts";
import type { Engine } from "./engine.ts";

interface Check {
  readonly status: CheckStatus;
  readonly detail: string;
}

const NOT_USED: Check = { status: "off", detail: "not used" };

/**
 * Whether the model can answer: an unloaded one is ok, since it loads on demand; the first load is not, and neither is
 * a pool that has given up.
 */
export function checkModel(pool: Pool): Check {
  const wanted = pool.slots.filter((slot) => slot.wanted).length;
  if (pool.held !== undefined) return { status: pool.serving > 0 ? "degraded" : "unhealthy", detail: pool.held };
  if (wanted === 0) return { status: "ok", detail: "unloaded; loads with the next text" };
  if (pool.serving === wanted) return { status: "ok", detail: `${pool.serving} of ${pool.slots.length} workers serve` };
  if (pool.serving > 0)
    return { status: pool.everServed ? "degraded" : "ok", detail: `${pool.serving} of ${wanted} workers serve` };
  if (!pool.everServed) return { status: "unhealthy", detail: pool.lastFailure ?? "loading" };
  return { status: "degraded", detail: pool.lastFailure ?? "the worker is being replaced" };
}

/** Workers that share no weights serve all the same: told in words, no degradation. */
function describeModel({ pool, unshared }: Engine): Check {
  const { status, detail } = checkModel(pool);
  const reason = unshared();
  return { status, detail: reason === undefined ? detail : `${detail}; weights not shared: ${reason}` };
}

export function reportHealth(engine: Engine, version: string, uptimeSeconds: number): Health {
  const model = describeModel(engine);
  const checks = { model, redis: NOT_USED, database: NOT_USED, memory: { status: "ok" as const, detail: "not watched" } };
  const statuses = Object.values(checks).map(({ status }) => status);
  const worst = (["unhealthy", "degraded"] as const).find((status) => statuses.includes(status));
  return { status: worst ?? "ok", checks, version, uptimeSeconds };
}
