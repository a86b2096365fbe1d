/** Special tokens, by their ids. */
export const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] as const;
export const padId = 0;

export const continuationPrefix = "##";

export interface VocabularyLimits {
  /** A word seen less often is left to be spelled in pieces. */
  readonly wordCount: number;
  /** A piece is kept when this many different words hold it. */
  readonly pieceWords: number;
  readonly longestPiece: number;
}

const defaults: VocabularyLimits = { wordCount: 2, pieceWords: 4, longestPiece: 6 };
const asciiCharacters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i).toLowerCase());

/**
 * Chooses the tokens of a WordPiece model: the special ones, every single character at the start
 * and inside of a word (so that almost nothing is unknown), common pieces, words.
 *
 * @param words every word of the training texts, repeats included, normalised as the tokenizer does.
 * @param alwaysKept words to keep whole however rare.
 */
export function learnVocabulary(
  words: readonly string[],
  alwaysKept: Iterable<string>,
  limits: VocabularyLimits = defaults,
): string[] {
  const counts = countEach(words);
  const kept = [...counts].filter(([, count]) => count >= limits.wordCount).map(([word]) => word);
  const characters = [
    ...new Set([...asciiCharacters, ...[...counts.keys()].flatMap((word) => Array.from(word))]),
  ].toSorted();
  const pieces = countEach([...counts.keys()].flatMap((word) => [...new Set(listPieces(word, limits.longestPiece))]));
  const common = [...pieces].filter(([, count]) => count >= limits.pieceWords).map(([piece]) => piece);
  const whole = [
    ...new Set([...characters, ...characters.map((c) => continuationPrefix + c), ...common, ...kept, ...alwaysKept]),
  ];
  return [...specialTokens, ...whole];
}

/** Every run of 2 to `longest` characters of a word, those inside it marked as WordPiece marks them. */
function listPieces(word: string, longest: number): string[] {
  const characters = Array.from(word);
  return characters.flatMap((_, start) => {
    const prefix = start > 0 ? continuationPrefix : "";
    const lengths = Array.from({ length: longest - 1 }, (_, i) => i + 2).filter(
      (length) => start + length <= characters.length,
    );
    return lengths.map((length) => prefix + characters.slice(start, start + length).join(""));
  });
}

function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
