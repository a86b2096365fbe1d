import type { MonitorView } from "../../monitor/state.ts";
import type { Glyphs } from "../glyphs.ts";
import { fitLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { RowSpace } from "./cells.ts";
import { headerLine } from "./header.ts";
import { machineRows } from "./machine-rows.ts";
import { alertRows, decisionRows } from "./news-rows.ts";
import type { ScreenOptions } from "./options.ts";
import { pointRows } from "./point-rows.ts";
import { modelTable } from "./model-table.ts";
import { processTable } from "./process-table.ts";
import { serviceRows } from "./service-rows.ts";
import { timeline } from "./timeline.ts";
import { trendCharts, trendRows } from "./trend-rows.ts";

/** From here on machine and service stand side by side. */
const WIDE = 120;
const DECISIONS = 5;
const CHARTS_FROM = 90;
/** As the rows of a block may take: the first that fits is taken. */
const TRIES = [
  { maxLines: 3, blanks: true },
  { maxLines: 2, blanks: true },
  { maxLines: 2, blanks: false },
  { maxLines: 1, blanks: true },
] as const;

/** The table: no line longer than the width, none cut through a word, and no more of them than there is height. */
export function renderScreen(view: MonitorView, options: ScreenOptions): readonly Line[] {
  const { height, footer } = options;
  const head = headerLine(view, options);
  if (height === undefined) return [head, ...joined(blocksOf(view, options, 3), true)];
  const room = height - 1 - (footer ? 1 : 0);
  const body = fitted(view, options, room);
  const blank = Array.from({ length: Math.max(0, room - body.length) }, () => []);
  return [head, ...body.slice(0, Math.max(0, room)), ...blank, ...(footer ? [footer] : [])];
}

interface Block {
  readonly lines: readonly Line[];
  /** Lines that stay however small the screen is. */
  readonly least: number;
  readonly of?: "trends" | "decisions";
  /** The line that is selected; below 0 where none is. It stays, whichever others go. */
  readonly chosen?: number;
}

function fitted(view: MonitorView, options: ScreenOptions, room: number): readonly Line[] {
  for (const { maxLines, blanks } of TRIES) {
    const blocks = blocksOf(view, options, maxLines);
    const left = room - joined(blocks, blanks).length;
    if (left >= 0) return joined(filled(blocks, view, options, left), blanks);
  }
  return joined(shrunk(blocksOf(view, options, 1), room), false);
}

/** What is left of the screen goes to the trends, which become charts, and then to the decisions. */
function filled(blocks: readonly Block[], view: MonitorView, options: ScreenOptions, left: number): readonly Block[] {
  const { width, glyphs } = options;
  const trends = blocks.find((block) => block.of === "trends")?.lines.length ?? 0;
  const charts =
    width < CHARTS_FROM || trends === 0 ? undefined : trendCharts(view, { width, glyphs, maxLines: 1 }, left + trends);
  const rest = left - (charts ? charts.length - trends : 0);
  return blocks.map((block) => {
    if (block.of === "trends" && charts) return { ...block, lines: charts };
    return block.of === "decisions" ? decisionBlock(view, options, DECISIONS + rest) : block;
  });
}

function joined(blocks: readonly Block[], blanks: boolean): Line[] {
  const filled = blocks.filter(({ lines }) => lines.length > 0);
  return filled.flatMap(({ lines }) => (blanks ? [[], ...lines] : lines));
}

/**
 * What was decided is also in the log, and the screen of decisions has it all; what was is less than what is; then the
 * last blocks first.
 */
function shrunk(blocks: readonly Block[], room: number): Block[] {
  let over = blocks.reduce((sum, { lines }) => sum + lines.length, 0) - room;
  const worth = ({ of }: Block): number => ["decisions", "trends", undefined].indexOf(of);
  const kept = new Map<Block, Block>();
  for (const block of blocks.toReversed().toSorted((a, b) => worth(a) - worth(b))) {
    const { lines, least } = block;
    const dropped = Math.min(Math.max(0, over), Math.max(0, lines.length - least));
    over -= dropped;
    const count = lines.length - dropped;
    // The names of the trends that are there say well enough which are not.
    const isWhole = dropped === 0 || block.of === "trends";
    kept.set(block, { ...block, lines: isWhole ? lines.slice(0, count) : shortList(lines, count, block.chosen) });
  }
  return blocks.map((block) => kept.get(block) ?? block);
}

/** The head, then the first rows, or those up to the chosen one. */
function shortList(lines: readonly Line[], count: number, chosen = -1): readonly Line[] {
  if (count <= 1) return lines.slice(0, count);
  const rows = count - 2;
  const from = Math.max(1, chosen + 1 - rows);
  return [
    ...lines.slice(0, 1),
    ...lines.slice(from, from + rows),
    [span(`${lines.length - count + 1} more`.padStart(LABEL_END), "faint")],
  ];
}

const LABEL_END = 16;

function blocksOf(view: MonitorView, options: ScreenOptions, maxLines: number): Block[] {
  const { width, glyphs, mode } = options;
  const whole = { width, maxLines, glyphs };
  const { sample, derived, past } = view;
  const time = past ? timeline(past, whole) : [];
  return [
    { lines: time, least: Math.min(3, time.length) },
    ...topBlocks(view, whole, mode?.selected),
    { lines: past && !past.moment ? [] : trendRows(view, whole), least: 0, of: "trends" },
    tableBlock(modelTable(view, whole, mode), 3, glyphs),
    tableBlock(sample ? processTable(sample, derived.processCpu, whole, mode) : [], 2, glyphs),
    { lines: past && !sample ? [] : alertRows(view, whole), least: 1 },
    decisionBlock(view, options, DECISIONS),
  ];
}

function tableBlock(lines: readonly Line[], least: number, { pointer }: Glyphs): Block {
  const chosen = lines.findIndex((line) => line.some(({ text }) => text.startsWith(`${pointer} `)));
  return { lines, least, chosen };
}

function decisionBlock(view: MonitorView, { width, glyphs, mode }: ScreenOptions, count: number): Block {
  const space = { width, glyphs, maxLines: 1 };
  return { lines: decisionRows(view.decisions, count, space, mode?.filter), least: 0, of: "decisions" };
}

function topBlocks(view: MonitorView, space: RowSpace, selected: string | null | undefined): Block[] {
  if (view.past && !view.sample) {
    const lines = pointRows(view.past, view.thresholds, space);
    return [{ lines, least: lines.length }];
  }
  if (space.width < WIDE || view.past) {
    const blocks = [machineRows(view, space), serviceRows(view, space, selected)];
    return (view.past ? [blocks.flat()] : blocks).map((lines) => ({ lines, least: lines.length }));
  }
  const { column } = space.glyphs;
  const width = Math.floor((space.width - column.length) / 2);
  const half = { ...space, width };
  const lines = beside(machineRows(view, half), serviceRows(view, half, selected), width, column);
  return [{ lines, least: lines.length }];
}

/** @param left cut or filled to `width`. */
export function beside(left: readonly Line[], right: readonly Line[], width: number, column: string): Line[] {
  if (right.length === 0) return [...left];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => [
    ...fitLine(left[at] ?? [], width),
    span(column, "faint"),
    ...(right[at] ?? []),
  ]);
}
