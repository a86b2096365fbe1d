import { formatBytes, formatDuration } from "../../units.ts";
import type { Glyphs } from "../glyphs.ts";
import { span, toLine, widthOf } from "../line.ts";
import type { Line, Span } from "../line.ts";
import type { Paint } from "../paint.ts";
import { NONE, percent } from "../words.ts";

export type Tone = keyof Paint;

/** What a row is made for. */
export interface RowSpace {
  readonly width: number;
  /** What does not fit is left out, the last phrases first. */
  readonly maxLines: number;
  readonly glyphs: Glyphs;
}

const LABEL_WIDTH = 10;
const GAP = "  ";

/** A label, then phrases, none of them cut: over more than one line where there is room, else without the last ones. */
export function row(label: string, phrases: readonly (string | Line)[], { width, maxLines }: RowSpace): Line[] {
  const room = width - LABEL_WIDTH;
  const lines: Span[][] = [[]];
  for (const phrase of phrases.map(toLine)) {
    const last = lines.at(-1) ?? [];
    const used = widthOf(last);
    if (used > 0 && used + GAP.length + widthOf(phrase) <= room) last.push({ text: GAP }, ...phrase);
    else if (used === 0 && widthOf(phrase) <= room) last.push(...phrase);
    else if (used > 0 && lines.length < maxLines && widthOf(phrase) <= room) lines.push([...phrase]);
    else break;
  }
  return lines.map((line, index) => [span((index === 0 ? label : "").padEnd(LABEL_WIDTH), "faint"), ...line]);
}

/** `share` of `width` columns filled; a mark where each threshold begins. */
export function bar(
  share: number,
  width: number,
  { glyphs, marks = [], tone }: { readonly glyphs: Glyphs; readonly marks?: readonly number[]; readonly tone?: Tone },
): Line {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  const at = new Set(marks.map((mark) => Math.min(width - 1, Math.floor(mark * width))));
  const strokes = (from: number, to: number, stroke: string): string =>
    Array.from({ length: to - from }, (_, index) => (at.has(from + index) ? glyphs.mark : stroke)).join("");
  return [span(strokes(0, filled, glyphs.full), tone), span(strokes(filled, width, glyphs.empty), "faint")];
}

export function shareOf(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? NONE : percent(ratio);
}

export function perSecond(bytes: number | null): string {
  return bytes === null ? NONE : `${formatBytes(bytes)}/s`;
}

export function bytesOf(bytes: number | null): string {
  return bytes === null ? NONE : formatBytes(bytes);
}

/** `3h12m`: without the blank, for columns. */
export function tightDuration(ms: number): string {
  return formatDuration(Math.max(0, ms)).replaceAll(" ", "");
}

/** `12:03:04Z` */
export function timeOf(date: Date): string {
  return `${date.toISOString().slice(11, 19)}Z`;
}

/** `2026-01-02 12:03Z` */
export function dayTimeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

/** `4.1`, `120`: a rate to two figures and a bit. */
export function rateOf(value: number | null): string {
  return value === null ? NONE : value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** As many whole words as fit, and a mark where more would follow. */
export function shorten(text: string, width: number, { more }: Glyphs): string {
  if (text.length <= width) return text;
  const room = Math.max(0, width - more.length);
  const cut = text.slice(0, room + 1).lastIndexOf(" ");
  return cut <= 0 ? "" : `${text.slice(0, cut)}${more}`;
}
