import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readExamples } from "../../scripts/model/csv.ts";
import { seedFor, xorshift } from "./random.ts";

/** How WordPiece marks a piece that does not begin a word. */
export const continuation = "##";

const specialCount = 5;
const characters = Array.from({ length: 126 - 33 + 1 }, (_, at) => String.fromCharCode(33 + at));
/** The special tokens and every printable ASCII character in both places. */
export const smallestVocabulary = specialCount + 2 * characters.length;

/** The commonest words, which make up this part of the running text, are whole; a trained vocabulary leaves the rest to pieces too. */
const wholeShare = 0.85;
const longestPiece = 4;

const onsets = "b br c ch d f g gr h j k l m n p pr r s st t th tr v w".split(" ");
const vowels = "a e i o u ai ea ou".split(" ");
const codas = ["", ..."l n nd r s st t".split(" ")];

/**
 * A WordPiece vocabulary of our own making: special tokens, characters, the words and letter groups of `texts` that
 * save most tokens, then made-up words of syllables.
 *
 * @param specials take the first ids.
 * @param texts in lower case; without any the pieces are syllables alone, and English takes twice as many tokens.
 * @returns `size` entries, the place of each being its id.
 */
export function makeVocabulary(
  size: number,
  specials: readonly string[],
  texts: readonly string[],
  seed: number,
): string[] {
  const entries = new Set([...specials, ...characters, ...characters.map((character) => continuation + character)]);
  for (const source of [rankedPieces(texts), syllables(), madeUpWords(seed)]) {
    for (const piece of source) {
      if (entries.size >= size) return [...entries];
      entries.add(piece);
    }
  }
  return [...entries];
}

/** The texts of the bundled model, where they are there. */
export function bundledTexts(): string[] {
  const path = fileURLToPath(new URL("../../models/shop-intents/data/train.csv", import.meta.url));
  return existsSync(path) ? readExamples(path).map(({ text }) => text.toLowerCase()) : [];
}

/** Most tokens saved first. */
function rankedPieces(texts: readonly string[]): string[] {
  const words = countWords(texts);
  const counts = new Map(commonest(words));
  for (const [word, count] of words) {
    for (const piece of lettersOf(word)) counts.set(piece, (counts.get(piece) ?? 0) + count);
  }
  const saved = (piece: string): number => counts.get(piece)! * (piece.replace(continuation, "").length - 1);
  return [...counts.keys()].toSorted((a, b) => saved(b) - saved(a) || (a < b ? -1 : 1));
}

function commonest(words: ReadonlyMap<string, number>): [string, number][] {
  let left = wholeShare * words.values().reduce((sum, count) => sum + count, 0);
  const ranked = [...words].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ranked.filter(([, count]) => (left -= count) + count > 0);
}

function countWords(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(/[a-z]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Groups of two letters and more; a whole word short enough is left to the count of words. */
function* lettersOf(word: string): Generator<string> {
  for (let from = 0; from < word.length - 1; from++) {
    for (let length = 2; length <= longestPiece && from + length <= word.length; length++) {
      if (length < word.length) yield (from === 0 ? "" : continuation) + word.slice(from, from + length);
    }
  }
}

function* syllables(): Generator<string> {
  for (const onset of onsets)
    for (const vowel of vowels)
      for (const coda of codas) yield* [onset + vowel + coda, continuation + onset + vowel + coda];
}

function* madeUpWords(seed: number): Generator<string> {
  const next = xorshift(seedFor(seed, "words"));
  const pick = (from: readonly string[]): string => from[next() % from.length]!;
  for (;;) {
    const count = 2 + (next() % 3);
    yield Array.from({ length: count }, () => pick(onsets) + pick(vowels) + pick(codas)).join("");
  }
}
