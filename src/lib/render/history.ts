import type { HistoryPoint, HistoryReply } from "../protocol/history.ts";
import { formatDuration } from "../units.ts";
import { mergePoints, stepFor, strokesFor } from "./history-steps.ts";
import type { HistoryRow } from "./history-steps.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint } from "./paint.ts";
import { sparkline } from "./sparkline.ts";
import { renderTable } from "./table.ts";
import { NONE, percent, shortCount, shortMs } from "./words.ts";

export interface HistoryView {
  readonly nowMs: number;
  /** Columns of the terminal. */
  readonly width: number;
  readonly glyphs: Glyphs;
  readonly paint: Paint;
}

interface Measure {
  readonly name: string;
  readonly of: (row: HistoryRow) => number | null;
  readonly tell: (value: number) => string;
  /** The value of the highest stroke; default: the largest one. */
  readonly top?: number;
}

const MEASURES: readonly Measure[] = [
  { name: "usage", of: ({ usage }) => usage, tell: percent, top: 1 },
  { name: "hit rate", of: ({ hitRate }) => hitRate, tell: percent, top: 1 },
  { name: "unsure", of: ({ unsureShare }) => unsureShare, tell: percent, top: 1 },
  { name: "p99 ms", of: ({ p99Ms }) => p99Ms, tell: shortMs },
  { name: "recycles", of: ({ recycles }) => recycles, tell: shortCount },
];

const OF_ONE_MODEL: readonly Measure[] = [
  { name: "requests", of: ({ requests }) => requests, tell: shortCount },
  { name: "hit rate", of: ({ hitRate }) => hitRate, tell: percent, top: 1 },
  { name: "mean ms", of: ({ meanMs }) => meanMs, tell: shortMs },
  { name: "p99 ms", of: ({ p99Ms }) => p99Ms, tell: shortMs },
  { name: "loads", of: ({ loads }) => loads, tell: shortCount },
  { name: "evictions", of: ({ evictions }) => evictions, tell: shortCount },
];

/** Of the table by time, behind the time. */
interface HistoryColumn {
  readonly head: string;
  readonly cell: (row: HistoryRow) => string;
  readonly left?: true;
}

const COUNTS: readonly HistoryColumn[] = [
  { head: "REQUESTS", cell: ({ requests }) => shortCount(requests) },
  { head: "ERRORS", cell: ({ errors }) => shortCount(errors) },
  { head: "HIT RATE", cell: ({ hitRate }) => share(hitRate) },
];

const COLUMNS: readonly HistoryColumn[] = [
  ...COUNTS,
  { head: "UNSURE", cell: ({ unsureShare }) => share(unsureShare) },
  { head: "P99 MS", cell: ({ p99Ms }) => shortMs(p99Ms) },
  { head: "USAGE", cell: ({ usage }) => share(usage) },
  { head: "LEVEL", cell: ({ level }) => level, left: true },
  { head: "USERS", cell: ({ users }) => shortCount(users) },
  { head: "RECYCLES", cell: ({ recycles }) => shortCount(recycles) },
];

const COLUMNS_OF_ONE_MODEL: readonly HistoryColumn[] = [
  ...COUNTS,
  { head: "TEXTS", cell: ({ texts }) => shortCount(texts) },
  { head: "MEAN MS", cell: ({ meanMs }) => shortMs(meanMs) },
  { head: "P99 MS", cell: ({ p99Ms }) => shortMs(p99Ms) },
  { head: "LOADS", cell: ({ loads }) => shortCount(loads) },
  { head: "EVICTIONS", cell: ({ evictions }) => shortCount(evictions) },
];

/** Rows of the table by time. */
const ROWS = 24;

/** Each measure as a sparkline with its lowest, highest and last value; then the same and more by time. */
export function renderHistory({ since, stepSeconds, model, points }: HistoryReply, view: HistoryView): string {
  const { nowMs, width, paint } = view;
  const sinceMs = Date.parse(since);
  const span = formatDuration(Math.max(0, nowMs - sinceMs));
  if (points.length === 0) return `Nothing is kept of the last ${span}. The daemon writes a row each minute.`;
  const strokeMs = Math.max(stepSeconds * 1000, stepFor(nowMs - sinceMs, strokesFor(width)));
  const rowMs = Math.max(strokeMs, stepFor(nowMs - sinceMs, ROWS));
  const whose = model === undefined ? "" : ` of ${model}`;
  const [measures, columns] = model === undefined ? [MEASURES, COLUMNS] : [OF_ONE_MODEL, COLUMNS_OF_ONE_MODEL];
  const head = `The last ${span}${whose}, a stroke each ${formatDuration(strokeMs)}, a row each ${formatDuration(rowMs)}; times are UTC.`;
  const rows = [...mergePoints(points, rowMs).values()];
  const strokes = overview(points, { sinceMs, strokeMs, measures }, view);
  return [paint.faint(head), "", strokes, "", byTime(rows, columns)].join("\n");
}

interface Overview {
  readonly sinceMs: number;
  readonly strokeMs: number;
  readonly measures: readonly Measure[];
}

function overview(
  points: readonly HistoryPoint[],
  { sinceMs, strokeMs, measures }: Overview,
  { nowMs, glyphs }: HistoryView,
): string {
  const merged = mergePoints(points, strokeMs);
  const first = Math.floor(sinceMs / strokeMs);
  const count = Math.floor(nowMs / strokeMs) - first + 1;
  const stretches = Array.from({ length: count }, (_, index) => merged.get((first + index) * strokeMs));
  const rows = measures.map(({ name, of, tell, top }) => {
    const values = stretches.map((row) => row && of(row)).map((value) => value ?? null);
    const measured = values.filter((value) => value !== null);
    const strokes = sparkline(values, { width: count, glyphs, ...(top === undefined ? {} : { top }) });
    const told = [Math.min(...measured), Math.max(...measured), measured.at(-1) ?? 0].map(tell);
    return [name, ...(measured.length > 0 ? told : [NONE, NONE, NONE]), strokes];
  });
  const right = { align: "right" } as const;
  const columns = [
    { head: "" },
    { head: "LOW", ...right },
    { head: "HIGH", ...right },
    { head: "LAST", ...right },
    { head: "" },
  ];
  return renderTable(columns, rows);
}

function byTime(rows: readonly HistoryRow[], columns: readonly HistoryColumn[]): string {
  const heads = columns.map(({ head, left }) => ({ head, ...(left ? {} : { align: "right" as const }) }));
  const cells = rows.map((row) => [
    `${new Date(row.atMs).toISOString().slice(0, 16).replace("T", " ")}Z`,
    ...columns.map(({ cell }) => cell(row)),
  ]);
  return renderTable([{ head: "FROM" }, ...heads], cells);
}

function share(value: number | null): string {
  return value === null ? NONE : percent(value);
}
