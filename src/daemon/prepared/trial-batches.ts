import type { TextTokens } from "../workers/texts.ts";

/** Indexes of the texts that share a batch. */
export type Batches = readonly (readonly number[])[];

const TEXTS = 8;
/** A text that is longer pads no other: it would take as long as all the rest. */
const LONG_TOKENS = 128;

export function alone(texts: readonly TextTokens[]): Batches {
  return texts.map((_, index) => [index]);
}

/** Texts of one length together; those that have no mate are in none. */
export function ofOneLength(texts: readonly TextTokens[]): Batches {
  const byLength = Map.groupBy(texts.keys(), (index) => texts[index]!.ids.length);
  return [...byLength.values()].filter((group) => group.length > 1).flatMap((group) => chunks(group));
}

/** Each batch has texts of all lengths but the longest, so that most are padded, and much. */
export function ofAllLengths(texts: readonly TextTokens[]): Batches {
  const byLength = [...texts.keys()].toSorted((a, b) => texts[b]!.ids.length - texts[a]!.ids.length || a - b);
  const dealt = byLength.filter((index) => texts[index]!.ids.length <= LONG_TOKENS);
  const count = Math.ceil(dealt.length / TEXTS);
  return Array.from({ length: count }, (_, batch) => dealt.filter((_, place) => place % count === batch));
}

function chunks(group: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(group.length / TEXTS) }, (_, at) => group.slice(at * TEXTS, (at + 1) * TEXTS));
}

const COPIED = 6;
const COPIES = 4;

/** Some texts, each beside copies of itself. */
export function copiesOf(texts: readonly TextTokens[]): Batches {
  return texts.slice(0, COPIED).map((_, index) => Array.from({ length: COPIES }, () => index));
}
