import type { HistoryPoint } from "../protocol/history.ts";
import type { Sample } from "../protocol/events.ts";
import type { Past } from "./past.ts";
import type { MonitorView } from "./state.ts";
import { pastTrends, slowest } from "./trends.ts";

const MINUTE_MS = 60_000;

/** The same screen, of a minute that the journal has. */
export function viewOfPast(live: MonitorView, past: Past): MonitorView {
  const { atMs, window, moment, points, decisions } = past;
  const point = moment?.point ?? null;
  const sample = moment?.sample ? asMeasured(moment.sample, point) : null;
  return {
    nowMs: live.nowMs,
    link: { state: "up", sinceMs: live.nowMs, detail: "" },
    machine: null,
    sample,
    derived: {
      requestsPerSecond: point?.throughput ?? null,
      hitRate: point?.hitRate ?? null,
      processCpu: new Map(),
    },
    thresholds: sample?.memory.thresholds ?? live.thresholds,
    trends: pastTrends(points, window),
    lives: new Map(),
    decisions: decisions.filter(({ at }) => Date.parse(at) < atMs + MINUTE_MS),
    past,
  };
}

/** How it stood at the minute's end, with what was measured over all of the minute: the highest usage and level. */
function asMeasured(sample: Sample, point: HistoryPoint | null): Sample {
  if (!point) return sample;
  const { memory, metrics } = sample;
  const usage = point.usage ?? memory.usage;
  const usedBytes = Math.round(usage * memory.limitBytes);
  return {
    ...sample,
    memory: { ...memory, level: point.level, usage, usedBytes },
    metrics: { ...metrics, users: point.users },
    recentLatencyMs: { ...sample.recentLatencyMs, p50: slowest(point, "p50"), p99: slowest(point, "p99") },
  };
}
