import type { HistoryPoint } from "../protocol/history.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
/** Minutes a stretch may have: each divides the day, and so the hours of a table are round. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, DAY_MINUTES];
/** In front of the sparklines. */
const FIGURES_WIDTH = 30;
const FEWEST_STROKES = 24;
const MOST_STROKES = 120;
/** As MEMORY_LEVELS has them, whose file would load zod. */
const LEVELS = [
  "normal",
  "warning",
  "high",
  "critical",
  "emergency",
] as const satisfies readonly HistoryPoint["level"][];

/** One or more points, put together. */
export interface HistoryRow {
  readonly atMs: number;
  readonly requests: number;
  readonly errors: number;
  readonly texts: number;
  readonly hitRate: number | null;
  /** Of the worst minute, and of the slowest class of answers in it. */
  readonly p99Ms: number | null;
  readonly usage: number | null;
  readonly level: HistoryPoint["level"];
  readonly users: number;
  readonly recycles: number;
  readonly unsureShare: number | null;
  /** Of one model alone. */
  readonly meanMs: number | null;
  readonly loads: number;
  readonly evictions: number;
}

/** How many points a sparkline of this terminal shows. */
export function strokesFor(width: number): number {
  return Math.max(FEWEST_STROKES, Math.min(MOST_STROKES, width - FIGURES_WIDTH));
}

/** The shortest step, in ms, in which `spanMs` has at most `most` stretches; whole days where it is longer than one. */
export function stepFor(spanMs: number, most: number): number {
  const minutes = Math.max(1, spanMs) / MINUTE_MS / most;
  const step = STEPS.find((one) => one >= minutes) ?? Math.ceil(minutes / DAY_MINUTES) * DAY_MINUTES;
  return step * MINUTE_MS;
}

/** By where each stretch of `stepMs` begins; in the order of the points. */
export function mergePoints(points: readonly HistoryPoint[], stepMs: number): ReadonlyMap<number, HistoryRow> {
  const rows = new Map<number, HistoryRow>();
  for (const point of points) {
    const atMs = Math.floor(Date.parse(point.at) / stepMs) * stepMs;
    const before = rows.get(atMs);
    const row = rowOf(point, atMs);
    rows.set(atMs, before ? together(before, row) : row);
  }
  return rows;
}

function rowOf({ latencyMs, ...point }: HistoryPoint, atMs: number): HistoryRow {
  const p99Ms = Object.values(latencyMs).reduce<number | null>((most, { p99 }) => higher(most, p99), null);
  return { ...point, atMs, p99Ms, unsureShare: point.unsureShare ?? null, ...ownOf(point) };
}

function ownOf({ meanMs = null, loads = 0, evictions = 0 }: Partial<HistoryPoint>) {
  return { meanMs, loads, evictions };
}

function together(a: HistoryRow, b: HistoryRow): HistoryRow {
  return {
    atMs: a.atMs,
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    texts: a.texts + b.texts,
    hitRate: byTexts(a, b, ({ hitRate }) => hitRate),
    p99Ms: higher(a.p99Ms, b.p99Ms),
    usage: higher(a.usage, b.usage),
    level: LEVELS.indexOf(a.level) < LEVELS.indexOf(b.level) ? b.level : a.level,
    users: Math.max(a.users, b.users),
    recycles: a.recycles + b.recycles,
    unsureShare: byTexts(a, b, ({ unsureShare }) => unsureShare),
    meanMs: weighed([a.meanMs, b.meanMs], [a.requests - a.errors, b.requests - b.errors]),
    loads: a.loads + b.loads,
    evictions: a.evictions + b.evictions,
  };
}

/** Each counts for as many texts as it is of. */
function byTexts(a: HistoryRow, b: HistoryRow, of: (row: HistoryRow) => number | null): number | null {
  return weighed([of(a), of(b)], [a.texts, b.texts]);
}

function weighed(
  [first, second]: readonly [number | null, number | null],
  [much, more]: readonly [number, number],
): number | null {
  if (first === null || second === null) return first ?? second;
  return (first * much + second * more) / Math.max(1, much + more);
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
