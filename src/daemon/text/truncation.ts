import type { Token } from "./library.ts";

/** Which end of a text stays where it is too long. */
export type Side = "head" | "tail";

/**
 * How many tokens of each text stay where there is room for so many in all: of two texts the longer loses first, as
 * the tokenizers library has it (`longest_first`), down to halves, of which the longer text has the odd token.
 */
export function shares(lengths: readonly number[], room: number): readonly number[] {
  const [first = 0, second] = lengths;
  if (second === undefined) return [Math.min(first, room)];
  if (first + second <= room) return [first, second];
  const shorter = Math.min(first, second);
  const half = Math.floor(room / 2);
  const kept = shorter <= half ? [shorter, room - shorter] : [half, room - half];
  return first > second ? kept.toReversed() : kept;
}

/**
 * The library stops after the first word of the model's by which there are `window` tokens: which of two texts is the
 * longer, it tells by what it has then.
 *
 * @param tokens from the end that stays.
 */
export function stopOf(tokens: readonly Token[], window: number): number {
  const next = tokens.findIndex(({ word }, at) => {
    const last = tokens[at - 1];
    return at >= window && last !== undefined && last.word !== word && !last.isAdded;
  });
  return next < 0 ? tokens.length : next;
}
