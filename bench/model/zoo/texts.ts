import { seedFor, xorshift } from "../random.ts";
import { wordOf } from "./tokens.ts";

const LONGEST_WORDS = 60;
/** One text in this many is longer than any window of the zoo. */
const LONG_ONE_IN = 32;

/** Texts of made-up words, short ones more often than long ones, no two alike in all likelihood. */
export function zooTexts(count: number, words: number, seed: number): string[] {
  const next = xorshift(seedFor(seed, "texts"));
  return Array.from({ length: count }, (_, at) => {
    const share = (next() % 1000) / 1000;
    const length =
      at % LONG_ONE_IN === LONG_ONE_IN - 1 ? 2 * LONGEST_WORDS : 1 + Math.floor(share ** 2 * LONGEST_WORDS);
    return Array.from({ length }, () => wordOf(next() % words)).join(" ");
  });
}
