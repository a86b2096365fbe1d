import type { HistoryPoint } from "../protocol/history.ts";
import type { PastWindow } from "./past-window.ts";
import type { Ring } from "./ring.ts";

export const TRENDS = ["memory", "requests", "p99", "hitRate"] as const;
export type TrendName = (typeof TRENDS)[number];

/** What the screen draws over time. */
export interface Trends {
  /** What all the strokes of a line stand for. */
  readonly spanMs: number;
  /** So many stretches, oldest first, each as its highest figure; null where nothing was measured. */
  readonly strokes: (name: TrendName, count: number) => (number | null)[];
}

/** What the live ones cover. */
const LIVE_SECONDS = 300;

export function liveTrends(rings: Readonly<Record<TrendName, Ring>>, nowMs: number): Trends {
  return {
    spanMs: LIVE_SECONDS * 1000,
    strokes: (name, count) => rings[name].peaks(count, Math.ceil(LIVE_SECONDS / Math.max(1, count)), nowMs),
  };
}

const MEASURES: Readonly<Record<TrendName, (point: HistoryPoint) => number | null>> = {
  memory: ({ usage }) => usage,
  requests: ({ throughput }) => throughput,
  p99: (point) => slowest(point, "p99"),
  hitRate: ({ hitRate }) => hitRate,
};

/** Of the class of answers that is slowest. */
export function slowest({ latencyMs }: HistoryPoint, quantile: "p50" | "p99"): number | null {
  return Object.values(latencyMs).reduce<number | null>((most, of) => higher(most, of[quantile]), null);
}

export function pastTrends(points: readonly HistoryPoint[], window: PastWindow): Trends {
  return {
    spanMs: window.untilMs - window.fromMs,
    strokes: (name, count) => onStrokes(points, window, count).map((some) => highest(some.map(MEASURES[name]))),
  };
}

/** Which points fall into each of `count` stretches; one longer than a stretch falls into all of those that it covers. */
export function onStrokes(
  points: readonly HistoryPoint[],
  { fromMs, untilMs, stepMs }: PastWindow,
  count: number,
): readonly (readonly HistoryPoint[])[] {
  const strokes = Array.from({ length: count }, (): HistoryPoint[] => []);
  const strokeMs = (untilMs - fromMs) / count;
  for (const point of points) {
    const atMs = Date.parse(point.at) - fromMs;
    const first = Math.max(0, Math.floor(atMs / strokeMs));
    const last = Math.max(first, Math.ceil((atMs + stepMs) / strokeMs) - 1);
    for (let at = first; at <= last; at++) strokes[at]?.push(point);
  }
  return strokes;
}

function highest(values: readonly (number | null)[]): number | null {
  return values.reduce(higher, null);
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
