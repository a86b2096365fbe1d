import { setTimeout as delay } from "node:timers/promises";
import type { Health } from "../../../../../src/lib/protocol/health.ts";
import type { MetricsReport } from "../../../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../../../src/lib/protocol/process.ts";
import { toldOf } from "./processes.ts";
import type { Site } from "./site.ts";

const LIMIT_MS = 60_000;
const LOOK_MS = 250;
const PEOPLE = 50;

/** What is not yet as it was before the troubles; empty where all is. */
async function ails(site: Site): Promise<string[]> {
  const { text } = await site.ask("GET", "/api/health/");
  const { checks, model } = JSON.parse(text) as Health;
  const { workers } = await site.json<ProcessStatus>("GET", "/api/process/status/");
  const { journal } = await site.json<MetricsReport>("GET", "/api/metrics/");
  const states = workers.map(({ state, pid }) =>
    isServing(state) || pid === null ? state : `${state}: ${toldOf(pid)}`,
  );
  return [
    ...Object.entries(checks).flatMap(([name, { status, detail }]) =>
      status === "ok" || status === "off" ? [] : [`${name} is ${status}: ${detail}`],
    ),
    ...(model.folder === "same" ? [] : [`the model's folder is ${model.folder}`]),
    ...(states.every(isServing) ? [] : [`workers are ${states.join(", ")}`]),
    ...(journal?.state === "up" && journal.waiting === 0
      ? []
      : [`the journal is ${journal?.state}: ${journal?.reason}`]),
  ];
}

/** Texts of many people: what becomes of them is looked at when it has healed. */
async function askAtOnce(site: Site): Promise<void> {
  const ask = (_: unknown, at: number): Promise<unknown> =>
    site.ask("POST", "/api/classify/", { text: `is it well ${at}`, noCache: true }).catch(() => undefined);
  await Promise.all(Array.from({ length: PEOPLE }, ask));
}

function isServing(state: string): boolean {
  return state === "ready" || state === "busy";
}

/**
 * Waits until it has healed by itself, beside whoever asks it: a worker that was unloaded by hand comes back when texts
 * wait for it, and not before.
 *
 * @returns how long that took, and what had not after a minute.
 */
export async function healing(site: Site): Promise<{ readonly tookMs: number; readonly left: readonly string[] }> {
  const from = performance.now();
  let left: readonly string[] = ["the daemon does not answer"];
  while (performance.now() - from < LIMIT_MS) {
    left = await ails(site).catch((error: unknown) => [String(error)]);
    if (left.length === 0) break;
    await Promise.all([delay(LOOK_MS), askAtOnce(site)]);
  }
  return { tookMs: performance.now() - from, left };
}
