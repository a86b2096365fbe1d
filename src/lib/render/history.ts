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

/** Rows of the table by time. */
const ROWS = 24;

/** Each measure as a sparkline with its lowest, highest and last value; then the same and more by time. */
export function renderHistory({ since, stepSeconds, points }: HistoryReply, view: HistoryView): string {
  const { nowMs, width, paint } = view;
  const sinceMs = Date.parse(since);
  const span = formatDuration(Math.max(0, nowMs - sinceMs));
  if (points.length === 0) return `Nothing is kept of the last ${span}. The daemon writes a row each minute.`;
  const strokeMs = Math.max(stepSeconds * 1000, stepFor(nowMs - sinceMs, strokesFor(width)));
  const rowMs = Math.max(strokeMs, stepFor(nowMs - sinceMs, ROWS));
  const head = `The last ${span}, a stroke each ${formatDuration(strokeMs)}, a row each ${formatDuration(rowMs)}; times are UTC.`;
  const rows = [...mergePoints(points, rowMs).values()];
  return [paint.faint(head), "", overview(points, { sinceMs, strokeMs }, view), "", byTime(rows)].join("\n");
}

function overview(
  points: readonly HistoryPoint[],
  { sinceMs, strokeMs }: { readonly sinceMs: number; readonly strokeMs: number },
  { nowMs, glyphs }: HistoryView,
): string {
  const merged = mergePoints(points, strokeMs);
  const first = Math.floor(sinceMs / strokeMs);
  const count = Math.floor(nowMs / strokeMs) - first + 1;
  const stretches = Array.from({ length: count }, (_, index) => merged.get((first + index) * strokeMs));
  const rows = MEASURES.map(({ name, of, tell, top }) => {
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

function byTime(rows: readonly HistoryRow[]): string {
  const right = { align: "right" } as const;
  const columns = [
    { head: "FROM" },
    { head: "REQUESTS", ...right },
    { head: "ERRORS", ...right },
    { head: "HIT RATE", ...right },
    { head: "UNSURE", ...right },
    { head: "P99 MS", ...right },
    { head: "USAGE", ...right },
    { head: "LEVEL" },
    { head: "USERS", ...right },
    { head: "RECYCLES", ...right },
  ];
  const share = (value: number | null): string => (value === null ? NONE : percent(value));
  const cells = rows.map((row) => [
    `${new Date(row.atMs).toISOString().slice(0, 16).replace("T", " ")}Z`,
    shortCount(row.requests),
    shortCount(row.errors),
    share(row.hitRate),
    share(row.unsureShare),
    shortMs(row.p99Ms),
    share(row.usage),
    row.level,
    shortCount(row.users),
    shortCount(row.recycles),
  ]);
  return renderTable(columns, cells);
}
