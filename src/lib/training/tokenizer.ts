import { Tokenizer } from "tokenizers";
import { wordPieceJson } from "./word-piece.ts";
import { continuationPrefix, specialTokens } from "./vocabulary.ts";

/** Longest token sequence the model is trained on and serves. */
export const windowTokens = 256;

/** Characters of a word; a longer one is unknown (max_input_chars_per_word). */
const longestWord = 100;

export interface TokenizerFiles {
  /** Content of `tokenizer.json`. */
  readonly tokenizer: object;
  /** Content of `tokenizer_config.json`. */
  readonly config: object;
}

/** A BERT-like WordPiece tokenizer: lower case, accents off, punctuation apart, `[CLS]` text `[SEP]`. */
export function describeTokenizer(vocabulary: readonly string[]): TokenizerFiles {
  return { tokenizer: describeFile(vocabulary), config: describeConfig() };
}

/** Turns a text into ids, cut to the window as Hugging Face cuts: the last id stays `[SEP]`. */
export type Encode = (text: string) => number[];

/** WordPiece by hand, since the library only encodes asynchronously; what splits the words is its own. */
export function createEncoder(files: TokenizerFiles): Encode {
  const { vocab } = (files.tokenizer as { readonly model: { readonly vocab: Readonly<Record<string, number>> } }).model;
  const ids = new Map(Object.entries(vocab));
  const [unknown, first, last] = ["[UNK]", "[CLS]", "[SEP]"].map((token) => ids.get(token) ?? 0) as [
    number,
    number,
    number,
  ];
  const splitWords = splitterOf(files.tokenizer);
  return (text) => {
    const tokens = splitWords(text).flatMap((word) => piecesOf(word, ids) ?? [unknown]);
    return [first, ...tokens.slice(0, windowTokens - 2), last];
  };
}

/** Splits into the words the vocabulary is learned from, with the very code that will encode. */
export function createWordSplitter(): (text: string) => string[] {
  return splitterOf(describeTokenizer(specialTokens).tokenizer);
}

function splitterOf(tokenizer: object): (text: string) => string[] {
  const library = Tokenizer.fromString(JSON.stringify(tokenizer));
  const [normalizer, splitter] = [library.getNormalizer(), library.getPreTokenizer()];
  if (!normalizer || !splitter) throw new Error("the tokenizer was built without a normalizer or a pre-tokenizer");
  return (text) => splitter.preTokenizeString(normalizer.normalizeString(text)).map(([word]) => word);
}

/** The longest piece first, and so on from its end; undefined where a part of the word has none, or it is too long. */
function piecesOf(word: string, ids: ReadonlyMap<string, number>): number[] | undefined {
  const letters = Array.from(word);
  if (letters.length > longestWord) return undefined;
  const pieces: number[] = [];
  for (let from = 0; from < letters.length;) {
    let to = letters.length;
    let id: number | undefined;
    for (; to > from; to--) {
      id = ids.get((from > 0 ? continuationPrefix : "") + letters.slice(from, to).join(""));
      if (id !== undefined) break;
    }
    if (id === undefined) return undefined;
    pieces.push(id);
    from = to;
  }
  return pieces;
}

function describeFile(vocabulary: readonly string[]): object {
  return wordPieceJson({ vocabulary, specials: specialTokens, first: "[CLS]", last: "[SEP]", unknown: "[UNK]" });
}

function describeConfig(): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: windowTokens,
    do_lower_case: true,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
  };
}
