import type { Glyphs } from "./glyphs.ts";

export interface SparklineOptions {
  /** Columns; of more values the last ones are shown. */
  readonly width: number;
  readonly glyphs: Glyphs;
  /** The value of the highest stroke; default: the largest one shown. */
  readonly top?: number;
}

/** One stroke a value, from zero up, padded on the left; a blank where nothing was measured. */
export function sparkline(values: readonly (number | null)[], { width, glyphs, top }: SparklineOptions): string {
  const shown = width > 0 ? values.slice(-width) : [];
  const highest = top ?? shown.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const strokes = shown.map((value) => (value === null ? " " : strokeOf(value, highest, glyphs.spark)));
  return strokes.join("").padStart(width);
}

function strokeOf(value: number, highest: number, strokes: string): string {
  if (highest <= 0) return strokes[0] ?? " ";
  const step = Math.ceil(Math.min(1, Math.max(0, value / highest)) * strokes.length - 1e-9) - 1;
  return strokes[Math.max(0, step)] ?? " ";
}
