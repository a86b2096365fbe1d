import type { Sample as WatchedSample } from "../../lib/protocol/events.ts";
import type { ModelRow, ModelsReply, ModelState } from "../../lib/protocol/models.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Footprint } from "../governor/footprint.ts";
import type { Sample } from "../governor/ports.ts";
import { idleUnloadInMs } from "../policy/idle.ts";
import type { Engine } from "../residency/engine.ts";
import { idleUnloadMsOf } from "../residency/model-wishes.ts";
import type { Models } from "../residency/models.ts";
import type { Entry } from "../residency/repository.ts";

export interface ModelsReportParts {
  readonly models: Models;
  readonly footprint: (engine: Engine) => Footprint;
  /** The last reading. */
  readonly sample: () => Sample | undefined;
  readonly idleUnloadMs: () => number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** How each model stands, the default one first. */
export function reportModels(parts: ModelsReportParts): ModelsReply {
  const { models } = parts;
  const pinned = models.tenants[0]?.pinned ?? false;
  const first = rowOf(DEFAULT_MODEL, models.current, pinned, parts);
  const named = models.repository.entries.map((entry) => reportEntry(entry, parts));
  return { models: [{ ...first, default: true }, ...named], dir: models.repository.dir };
}

/** For those who watch; undefined where the default one is all there is. */
export function sampleModels(parts: ModelsReportParts): WatchedSample["models"] {
  if (parts.models.repository.entries.length === 0) return undefined;
  return reportModels(parts).models.map(({ labels: _labels, dir: _dir, ...row }) => row);
}

export function reportEntry(entry: Entry, parts: ModelsReportParts): ModelRow {
  const { name, dir, engine, failure } = entry;
  if (engine) return { ...rowOf(name, engine, parts.models.repository.isPinned(entry), parts), dir };
  return {
    name,
    default: false,
    dir,
    digest: null,
    labels: [],
    state: failure === undefined ? "loading" : "failed",
    reason: failure ?? "it is being read",
    workers: 0,
    bytes: 0,
    needs: null,
    needsToLoad: null,
    pinned: parts.models.repository.isPinned(entry),
    waiting: 0,
    lastUsed: null,
    unloadsInSeconds: null,
    calls: 0,
    loads: 0,
    loadSeconds: 0,
    evictions: 0,
    p99Ms: null,
  };
}

function rowOf(name: string, engine: Engine, pinned: boolean, parts: ModelsReportParts): ModelRow {
  const { model, pool, queue, uses } = engine;
  const sample = parts.sample();
  const pids = pool.slots.flatMap(({ workers }) => [...workers].map(({ pid }) => pid));
  const own = sample?.processes.filter(({ pid }) => pids.includes(pid)) ?? [];
  const serving = pool.slots.flatMap(({ current }) => (current?.serving ? [current] : []));
  const unloadsInMs = pinned ? null : idleUnloadInMs(serving, idleUnloadMsOf(model) ?? parts.idleUnloadMs());
  return {
    name,
    default: false,
    dir: model.dir,
    digest: model.digest.slice(0, 12),
    labels: [...model.labels],
    state: stateOf(engine),
    reason: pool.held ?? pool.awaitsRoom ?? (serving.length === 0 ? (pool.lastFailure ?? null) : null),
    workers: serving.length,
    bytes: Math.round(own.reduce((sum, { pssBytes }) => sum + pssBytes, 0)),
    ...needsOf(parts.footprint(engine), sample?.source ?? "system"),
    pinned,
    waiting: queue.waiting,
    lastUsed: uses.lastAtMs === null ? null : timeOfDay(uses.lastAtMs, parts.now()),
    unloadsInSeconds: unloadsInMs === null ? null : Math.round(unloadsInMs / 1000),
    calls: uses.answered + uses.failed,
    loads: uses.loads,
    loadSeconds: Math.round(uses.loadsTookMs) / 1000,
    evictions: uses.evictions,
    p99Ms: uses.p99Ms,
  };
}

function needsOf(footprint: Footprint, source: Sample["source"]): Pick<ModelRow, "needs" | "needsToLoad"> {
  const bytesOf = (loading: number): number =>
    Math.round(footprint.bytesFor({ workers: 1, mapped: false, loading }, source));
  return { needs: bytesOf(0), needsToLoad: bytesOf(1) };
}

function timeOfDay(atMs: number, nowMs: number): string {
  return new Date(Date.now() - (nowMs - atMs)).toISOString();
}

function stateOf({ pool }: Engine): ModelState {
  if (pool.serving > 0) return "ready";
  if (pool.held !== undefined) return "failed";
  if (pool.slots.some(({ wanted }) => wanted)) return "loading";
  return pool.slots.some(({ workers }) => workers.size > 0) ? "draining" : "unloaded";
}
