import type { Side } from "./truncation.ts";

/** A piece is no longer than this, and fills what stands before a cut for four times as much. */
const LONGEST_PERIOD = 64;
/**
 * How many pieces are left out together. Where a tokenizer goes through equal pieces in a cycle (aaa aaa …), what
 * follows them stays in the same phase: numbers that most lengths of a cycle divide, the largest one first.
 */
const TOGETHER = [10_080, 5040, 2520, 1680, 1260, 840, 720, 480, 360, 240, 120, 60];

/** Compared at once: a mebibyte unit by unit takes 5 ms. */
const AT_ONCE = 1024;

/** A text in which one short piece comes again and again. */
export interface Repeating {
  /** Without most of those pieces, where there were too many. */
  readonly text: string;
  /** What of the text is over when they are, in UTF-16 units from the end that stays. */
  readonly length: number;
}

/**
 * Looks at a text where it would be cut. No later token tells the tokens of equal pieces from one phase to another, so
 * the cut has to come after them.
 *
 * @param length of the end that stays. @param most of it that may be, roughly.
 * @returns undefined where nothing repeats itself there.
 */
export function repeatsAt(text: string, length: number, side: Side, most: number): Repeating | undefined {
  const step = side === "head" ? 1 : -1;
  const at = side === "head" ? length : text.length - length - 1;
  const period = periodBefore(text, at, step);
  if (period === undefined) return undefined;
  const run = lengthOfRun(text, at, step, period);
  const left = length + run;
  const together = period * (TOGETHER.find((count) => length + count * period <= most) ?? 1);
  const out = left > most ? Math.floor(run / together) * together : 0;
  const [from, to] = side === "head" ? [length, length + out] : [at + 1 - out, at + 1];
  return { text: out > 0 ? text.slice(0, from) + text.slice(to) : text, length: left - out };
}

/** The shortest one. @param step which way the text goes on. */
function periodBefore(text: string, at: number, step: 1 | -1): number | undefined {
  const from = at - step * 4 * LONGEST_PERIOD;
  const around = step > 0 ? text.slice(Math.max(0, from), at + 1) : text.slice(at, Math.max(0, from + 1));
  for (let period = 1; period <= LONGEST_PERIOD; period++) {
    if (around.length > 2 * period && around.slice(period) === around.slice(0, -period)) return period;
  }
  return undefined;
}

/** How far they go on. */
function lengthOfRun(text: string, at: number, step: 1 | -1, period: number): number {
  let here = at;
  const isEqual = (count: number): boolean => {
    const from = step > 0 ? here : here - count + 1;
    if (from < 0 || from + count > text.length) return false;
    return text.slice(from, from + count) === text.slice(from - step * period, from - step * period + count);
  };
  while (isEqual(AT_ONCE)) here += step * AT_ONCE;
  while (isEqual(1)) here += step;
  return Math.abs(here - at);
}
