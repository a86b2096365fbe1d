import { span, widthOf } from "../line.ts";
import type { Line } from "../line.ts";
import type { Glyphs } from "../glyphs.ts";

export interface ChartOptions {
  readonly width: number;
  /** Lines of strokes; a line with the name stands above them, and one with the times below where there is one. */
  readonly height: number;
  readonly glyphs: Glyphs;
  readonly name: string;
  /** What it is now. */
  readonly value: string;
  /** The value of the highest stroke; default: the largest one. */
  readonly top?: number;
  readonly tell: (value: number) => string;
  /** What stands below the first and the last stroke. */
  readonly from?: string;
  readonly until?: string;
}

const SCALE_WIDTH = 8;

/** How many strokes a chart of this width has. */
export function chartStrokes(width: number): number {
  return Math.max(1, width - SCALE_WIDTH);
}

/** Strokes of several lines over a scale from zero to the top; blank where nothing was measured. */
export function chart(values: readonly (number | null)[], options: ChartOptions): Line[] {
  const { width, height, glyphs, name, value, tell, from, until } = options;
  const strokes = chartStrokes(width);
  const top = options.top ?? values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);
  const scale = (row: number): string => {
    if (row === height - 1) return "0";
    return row === 0 && top > 0 ? tell(top) : "";
  };
  const rows = Array.from({ length: height }, (_, row): Line => {
    const line = values.slice(-strokes).map((one) => strokeIn(one, { top, row, height, glyphs }));
    return [span(`${scale(row).padStart(SCALE_WIDTH - 1)} `, "faint"), span(line.join("").padStart(strokes))];
  });
  const head: Line = [span(`${name}  `, "faint"), span(value, "strong")];
  const foot =
    from === undefined || until === undefined
      ? []
      : [[span(`${"".padEnd(SCALE_WIDTH)}${from}${until.padStart(Math.max(1, strokes - from.length))}`, "faint")]];
  return [[...head, span(" ".repeat(Math.max(0, width - widthOf(head))))], ...rows, ...foot];
}

function strokeIn(
  value: number | null,
  { top, row, height, glyphs }: { top: number; row: number; height: number } & Pick<ChartOptions, "glyphs">,
): string {
  if (value === null) return " ";
  const { spark } = glyphs;
  const filled = top <= 0 ? 0 : Math.min(1, Math.max(0, value / top)) * height;
  const inRow = filled - (height - 1 - row);
  if (inRow >= 1) return spark.at(-1) ?? " ";
  if (inRow <= 0) return row === height - 1 ? (spark[0] ?? " ") : " ";
  return spark[Math.max(0, Math.ceil(inRow * spark.length - 1e-9) - 1)] ?? " ";
}
