import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";
import { rankOf, thresholdOf } from "./level.ts";
import type { Thresholds } from "./level.ts";

/** A worker as the ladder sees it. */
export interface LadderWorker {
  readonly slot: number;
  readonly serving: boolean;
  readonly idle: boolean;
  /** Since its last reply. */
  readonly quietMs?: number;
  /** The last one of a model that is pinned. */
  readonly pinned?: boolean | undefined;
}

/** What was done before: times of one clock, in ms. */
export interface LadderHistory {
  /** When the last heavy action began; null before the first. */
  readonly lastHeavyAtMs: number | null;
  /** When an idle worker was last unloaded, which nobody feels: it keeps no heavy action waiting. */
  readonly lastUnloadAtMs: number | null;
  /** When each worker was recycled for memory, oldest first. */
  readonly recycledAtMs: readonly number[];
  /** Nothing more is tried until the level is left: it was of no use, or the pressure is not ours. */
  readonly held: boolean;
  /** Every model is unloaded because of memory, and has not come back yet. */
  readonly emptied: boolean;
}

export interface LadderView {
  readonly atMs: number;
  readonly level: MemoryLevel;
  /** The level was reached from above. */
  readonly falling: boolean;
  readonly usage: number;
  readonly usedBytes: number;
  readonly limitBytes: number;
  /** What would come back if every worker ended and the in-memory tier were emptied. */
  readonly freeableBytes: number;
  /** What one worker needs to come back: the most that one of this model was seen to take. */
  readonly workerBytes: number;
  readonly workers: readonly LadderWorker[];
  /** Some process serves nobody. */
  readonly spare?: boolean;
  readonly thresholds: Thresholds;
  readonly history: LadderHistory;
}

export type LadderAction =
  /** Ends the process of a candidate behind live traffic, which serves nobody. */
  | { readonly act: "evict shadow" }
  /** Ends one idle worker's process; another serves. */
  | { readonly act: "unload idle"; readonly slot: number }
  /** Empties the in-memory tier and recycles these workers in turn. */
  | { readonly act: "force cleanup"; readonly slots: readonly number[] }
  /** Ends every process at once and refuses what the cache can't answer. */
  | { readonly act: "unload all" }
  /** The pressure is not ours: all but one worker end, and nothing more is tried. */
  | { readonly act: "keep one"; readonly slots: readonly number[] }
  /** Recycling was of no use: nothing more is tried. */
  | { readonly act: "hold" }
  /** One worker comes back. */
  | { readonly act: "restore" };

/** Every verdict says what was measured against what. */
export type LadderVerdict = LadderAction & {
  readonly reason: string;
  readonly measured: number;
  readonly threshold: number;
};

/** A user must not feel the cure more than the illness: one heavy action a minute, and one idle worker unloaded. */
const REST_MS = 60_000;
const RECYCLES_BEFORE_HOLD = 5;
const HOLD_WINDOW_MS = 10 * 60_000;
const HYSTERESIS = 0.05;

/** What memory demands now, if anything; the light actions of a level (cache, batch budget) follow from the level alone. */
export function chooseForMemory(view: LadderView): LadderVerdict | undefined {
  const { level, history } = view;
  if (history.emptied) return restore(view);
  // Before anything that somebody would feel. Where all is unloaded it is, too.
  if (view.spare && level !== "normal" && !(level === "emergency" && isOurs(view)))
    return verdict(view, { act: "evict shadow" }, level);
  if (history.held || rankOf(level) < rankOf("high")) return undefined;
  if (level === "emergency") return isOurs(view) ? verdict(view, { act: "unload all" }, "emergency") : keepOne(view);
  // On the way down memory comes back by itself, as long as the reading stays below where the level begins.
  if (view.falling && view.usage < thresholdOf(level, view.thresholds)) return undefined;
  if (!rested(view, history.lastHeavyAtMs)) return undefined;
  return level === "critical" ? relieve(view) : unloadIdle(view);
}

/** Whether all that combot could free would leave the level. */
export function isOurs({ level, usedBytes, freeableBytes, limitBytes, thresholds }: LadderView): boolean {
  const leftAt = (thresholdOf(level, thresholds) - HYSTERESIS) * limitBytes;
  return usedBytes - freeableBytes < leftAt;
}

function rested({ atMs }: LadderView, lastAtMs: number | null): boolean {
  return lastAtMs === null || atMs - lastAtMs >= REST_MS;
}

function relieve(view: LadderView): LadderVerdict | undefined {
  if (!isOurs(view)) return keepOne(view);
  const recent = view.history.recycledAtMs.filter((at) => view.atMs - at < HOLD_WINDOW_MS).length;
  const allowed = RECYCLES_BEFORE_HOLD - recent;
  if (allowed <= 0) return verdict(view, { act: "hold" }, `memory is critical after ${recent} recycles in 10 minutes`);
  const slots = view.workers.filter((worker) => worker.serving).map((worker) => worker.slot);
  return verdict(view, { act: "force cleanup", slots: slots.slice(0, allowed) }, "critical");
}

function unloadIdle(view: LadderView): LadderVerdict | undefined {
  const serving = view.workers.filter((worker) => worker.serving);
  // Of the model that was used longest ago.
  const [idle] = serving
    .filter((worker) => worker.idle && !worker.pinned)
    .toSorted((a, b) => (b.quietMs ?? 0) - (a.quietMs ?? 0));
  if (!idle || serving.length < 2 || !rested(view, view.history.lastUnloadAtMs)) return undefined;
  return verdict(view, { act: "unload idle", slot: idle.slot }, "high");
}

function keepOne(view: LadderView): LadderVerdict {
  const serving = view.workers.filter((worker) => worker.serving);
  // Where none serves yet, one of those on their way.
  const kept = serving.find((worker) => !worker.idle) ?? serving[0] ?? view.workers[0];
  const slots = view.workers.filter((worker) => worker !== kept).map((worker) => worker.slot);
  return verdict(view, { act: "keep one", slots }, "pressure not ours");
}

/** Below `high` there is room again; the worker that comes back must not lead to critical by itself. */
function restore(view: LadderView): LadderVerdict | undefined {
  const { usage, usedBytes, workerBytes, limitBytes, thresholds } = view;
  const fits = usedBytes + workerBytes < thresholds.critical * limitBytes;
  if (usage >= thresholds.high || !fits) return undefined;
  return { act: "restore", reason: "memory is back", measured: usage, threshold: thresholds.high };
}

function verdict(view: LadderView, action: LadderAction, reason: string): LadderVerdict {
  return { ...action, reason, measured: view.usage, threshold: thresholdOf(view.level, view.thresholds) };
}
