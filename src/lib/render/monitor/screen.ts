import type { MonitorView } from "../../monitor/state.ts";
import type { Glyphs } from "../glyphs.ts";
import { fitLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import type { RowSpace } from "./cells.ts";
import { headerLine } from "./header.ts";
import { machineRows } from "./machine-rows.ts";
import { alertRows, decisionRows } from "./news-rows.ts";
import { processTable } from "./process-table.ts";
import { serviceRows } from "./service-rows.ts";
import { trendRows } from "./trend-rows.ts";

export interface ScreenOptions {
  readonly width: number;
  /** Lines there are; undefined: as many as it takes. */
  readonly height?: number;
  readonly glyphs: Glyphs;
  readonly clock: Date;
  readonly isPaused?: boolean;
  readonly intervalMs?: number;
  /** The last line. */
  readonly footer?: Line;
}

/** From here on machine and service stand side by side. */
const WIDE = 120;
const DECISIONS = 5;
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
}

function fitted(view: MonitorView, options: ScreenOptions, room: number): readonly Line[] {
  for (const { maxLines, blanks } of TRIES) {
    const blocks = blocksOf(view, options, maxLines);
    const left = room - joined(blocks, blanks).length;
    if (left >= 0) return joined([...blocks.slice(0, -1), decisionBlock(view, options, DECISIONS + left)], blanks);
  }
  return joined(shrunk(blocksOf(view, options, 1), room), false);
}

function joined(blocks: readonly Block[], blanks: boolean): Line[] {
  const filled = blocks.filter(({ lines }) => lines.length > 0);
  return filled.flatMap(({ lines }) => (blanks ? [[], ...lines] : lines));
}

/** The last blocks first: what was decided is also in the log, and the screen of decisions has them all. */
function shrunk(blocks: readonly Block[], room: number): Block[] {
  let over = blocks.reduce((sum, { lines }) => sum + lines.length, 0) - room;
  const kept = blocks.toReversed().map(({ lines, least }) => {
    const dropped = Math.min(Math.max(0, over), Math.max(0, lines.length - least));
    over -= dropped;
    return { lines: dropped === 0 ? lines : shortList(lines, lines.length - dropped), least };
  });
  return kept.toReversed();
}

function shortList(lines: readonly Line[], count: number): readonly Line[] {
  if (count <= 1) return lines.slice(0, count);
  return [...lines.slice(0, count - 1), [span(`${lines.length - count + 1} more`.padStart(LABEL_END), "faint")]];
}

const LABEL_END = 16;

function blocksOf(view: MonitorView, { width, glyphs }: ScreenOptions, maxLines: number): Block[] {
  const whole = { width, maxLines, glyphs };
  const { sample, derived } = view;
  return [
    ...topBlocks(view, whole),
    { lines: trendRows(view, whole), least: 0 },
    { lines: sample ? processTable(sample, derived.processCpu, whole) : [], least: 2 },
    { lines: alertRows(view, whole), least: 1 },
    decisionBlock(view, { width, glyphs }, DECISIONS),
  ];
}

function decisionBlock(
  view: MonitorView,
  { width, glyphs }: Pick<ScreenOptions, "width" | "glyphs">,
  count: number,
): Block {
  return { lines: decisionRows(view.decisions, count, { width, glyphs, maxLines: 1 }), least: 0 };
}

function topBlocks(view: MonitorView, space: RowSpace): Block[] {
  if (space.width < WIDE) {
    return [machineRows(view, space), serviceRows(view, space)].map((lines) => ({ lines, least: lines.length }));
  }
  const { column } = space.glyphs;
  const width = Math.floor((space.width - column.length) / 2);
  const half = { ...space, width };
  const lines = beside(machineRows(view, half), serviceRows(view, half), width, column);
  return [{ lines, least: lines.length }];
}

function beside(left: readonly Line[], right: readonly Line[], width: number, column: string): Line[] {
  if (right.length === 0) return [...left];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => [
    ...fitLine(left[at] ?? [], width),
    span(column, "faint"),
    ...(right[at] ?? []),
  ]);
}
