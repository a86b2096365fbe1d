import { harmless } from "../harmless.ts";
import type { Paint } from "./paint.ts";

/** A stretch of one line. The text holds no escape sequence, so that its length is its width. */
export interface Span {
  readonly text: string;
  readonly tone?: keyof Paint;
}

export type Line = readonly Span[];

export function span(text: string, tone?: keyof Paint): Span {
  return tone === undefined ? { text } : { text, tone };
}

/** Text as a line; what is a line stays as it is. */
export function toLine(text: string | Line): Line {
  return typeof text === "string" ? [{ text }] : text;
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0);
}

/**
 * As many phrases as fit, the most important first; one that doesn't fit is left out whole, and so are those behind it.
 *
 * @param separator stands between two phrases.
 */
export function joinFitting(phrases: readonly (string | Line)[], width: number, separator = ", "): Line {
  const joined: Span[] = [];
  let left = width;
  for (const phrase of phrases.map(toLine)) {
    const needed = widthOf(phrase) + (joined.length > 0 ? separator.length : 0);
    if (needed > left) break;
    if (joined.length > 0) joined.push({ text: separator });
    joined.push(...phrase);
    left -= needed;
  }
  return joined;
}

/** Cut or filled with blanks to exactly `width`. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = [];
  let left = width;
  for (const part of line) {
    if (left <= 0) break;
    fitted.push({ ...part, text: part.text.slice(0, left) });
    left -= part.text.length;
  }
  return left > 0 ? [...fitted, { text: " ".repeat(left) }] : fitted;
}

export function paintLine(line: Line, paint: Paint): string {
  return line.map(({ text, tone }) => (tone === undefined ? harmless(text) : paint[tone](harmless(text)))).join("");
}

/** What came from outside, safe to print and one column a character. */
export function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007E]/g, "?");
}
