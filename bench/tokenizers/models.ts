import { countWords } from "./corpus.ts";
import { trainMerges } from "./merges.ts";
import { idsOf } from "./parts.ts";
import type { Json } from "./parts.ts";

const MERGES = 1000;
/** Rarer words hardly change which pairs are common. */
const TRAINED_WORDS = 1000;
const BLANK = "\u2581";

/** A letter for each byte, printable ones for themselves (GPT-2's bytes_to_unicode). */
const BYTE_LETTERS = (() => {
  const isPrintable = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();
const BYTE_NAMES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** Pieces of words in both places, and whole words that are common. */
export function wordPieceModel(specials: readonly string[], unknown: string, lower: boolean): Json {
  const words = countWords(
    (text) => (lower ? text.toLowerCase() : text).match(/[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{N}]/gu) ?? [],
  );
  const letters = [...new Set([...words.keys()].flatMap((word) => Array.from(word)))].toSorted();
  const common = [...words]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 1500)
    .map(([word]) => word);
  const ends = common.flatMap((word) => (word.length > 4 ? [`##${word.slice(-3)}`, word.slice(0, 3)] : []));
  return {
    type: "WordPiece",
    unk_token: unknown,
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: idsOf([...specials, ...letters, ...letters.map((letter) => `##${letter}`), ...common, ...ends]),
  };
}

/** Every Chinese character, and what the others have. */
export function hanModel(specials: readonly string[], unknown: string): Json {
  const { vocab, ...more } = wordPieceModel(specials, unknown, true);
  const characters = Array.from({ length: 0x9fff - 0x4e00 + 1 }, (_, at) => String.fromCharCode(0x4e00 + at));
  return { ...more, vocab: idsOf([...Object.keys(vocab as object), ...characters]) };
}

export function wordLevelModel(specials: readonly string[], unknown: string): Json {
  const words = countWords((text) => text.match(/[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{N}]+/gu) ?? []);
  return { type: "WordLevel", unk_token: unknown, vocab: idsOf([...specials, ...words.keys()]) };
}

const BPE = { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null };

/** Over bytes, a blank before each word. */
export function byteModel(specials: readonly string[], more: Json = {}): Json {
  const { tokens, merges } = byteMerges();
  return {
    ...BPE,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: idsOf([...specials, ...tokens]),
    merges,
    ...more,
  };
}

/** Made once: the vocabularies differ in their special tokens. */
const byteMerges = once(() => {
  const split = /['\s]?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{N}]+/gu;
  const words = countWords((text) => [...text.matchAll(split)].map(([word]) => inBytes(word)));
  return trainMerges(commonest(words), BYTE_LETTERS, MERGES);
});

const markedMerges = once(() => {
  const words = countWords((text) =>
    text
      .split(/\s+/u)
      .filter(Boolean)
      .map((word) => BLANK + word),
  );
  return trainMerges(commonest(words), [BLANK], MERGES);
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function commonest(words: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...words].toSorted(([, a], [, b]) => b - a).slice(0, TRAINED_WORDS));
}

function inBytes(word: string): string {
  return [...Buffer.from(word)].map((byte) => BYTE_LETTERS[byte] ?? "").join("");
}

/** Over letters, a mark before each word; bytes for what is unknown, or the unknown token. */
export function markedModel(specials: readonly string[], unknown: string, fallback: boolean): Json {
  const { tokens, merges } = markedMerges();
  const vocab = idsOf([...specials, ...(fallback ? BYTE_NAMES : []), ...tokens]);
  return { ...BPE, unk_token: unknown, fuse_unk: true, byte_fallback: fallback, ignore_merges: false, vocab, merges };
}

/** Pieces with the logarithm of how often they occur. */
export function unigramModel(
  specials: readonly string[],
  unknown: string,
  { fallback = false, lower = false } = {},
): Json {
  const counts = new Map<string, number>();
  for (const [word, times] of countWords((text) => (lower ? text.toLowerCase() : text).split(/\s+/u).filter(Boolean))) {
    for (const piece of piecesOf(BLANK + word)) counts.set(piece, (counts.get(piece) ?? 0) + times);
  }
  const total = counts.values().reduce((sum, count) => sum + count, 0);
  const single = [...counts].filter(([piece]) => Array.from(piece).length === 1);
  const longer = [...counts].filter(([piece]) => Array.from(piece).length > 1);
  const best = longer.toSorted(([a, m], [b, n]) => n * b.length - m * a.length || (a < b ? -1 : 1)).slice(0, 4000);
  const scored = [...new Map([...single, ...best])].filter(([piece]) => !specials.includes(piece));
  const bytes = fallback ? BYTE_NAMES.map((name): [string, number] => [name, 0]) : [];
  return {
    type: "Unigram",
    unk_id: specials.indexOf(unknown),
    byte_fallback: fallback,
    vocab: [
      ...specials.map((token): [string, number] => [token, 0]),
      ...bytes,
      ...scored.map(([piece, count]): [string, number] => [piece, Math.log(count / total)]),
    ],
  };
}

function piecesOf(word: string): string[] {
  const letters = Array.from(word);
  return letters.flatMap((_, from) =>
    Array.from({ length: Math.min(8, letters.length - from) }, (_, length) =>
      letters.slice(from, from + length + 1).join(""),
    ),
  );
}
