import { LRUCache } from "lru-cache";
import type { TokenizerLibrary } from "./library.ts";

/** 8192 words take about a megabyte; the words of a chatbot's texts repeat. */
const MOST_WORDS = 8192;
/** What is longer is hardly a word, and will hardly come again. */
const LONGEST_WORD = 32;

interface Part {
  readonly type?: string;
  readonly pattern?: { readonly String?: string };
  readonly normalizers?: readonly Part[];
}

interface TokenizerParts {
  readonly model?: Part;
  readonly normalizer?: Part | null;
  readonly pre_tokenizer?: Part | null;
  readonly added_tokens?: readonly {
    readonly content: string;
    readonly normalized?: boolean;
    readonly lstrip?: boolean;
    readonly rstrip?: boolean;
  }[];
}

const BY_CHARACTER = ["BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"];
const SPLIT_AT_BLANKS = ["BertPreTokenizer", "WhitespaceSplit"];

/**
 * Whether a text's tokens are its words' tokens one after another, a word being what stands between blanks. So it is
 * with BERT's own tokenizer: nothing in it looks across a blank. Where a part is not known to be of that kind: false.
 */
export function isWordByWord(tokenizerJson: object): boolean {
  const { model, normalizer, pre_tokenizer: splitter, added_tokens: added = [] } = tokenizerJson as TokenizerParts;
  if (model?.type !== "WordPiece" || !SPLIT_AT_BLANKS.includes(splitter?.type ?? "")) return false;
  if (normalizer && !staysWithinWords(normalizer)) return false;
  return added.every(
    ({ content, normalized, lstrip, rstrip }) => !/\s/u.test(content) && !normalized && !lstrip && !rstrip,
  );
}

function staysWithinWords({ type = "", pattern, normalizers = [] }: Part): boolean {
  if (type === "Sequence") return normalizers.every(staysWithinWords);
  if (type === "Replace") return pattern?.String !== undefined && !/\s/u.test(pattern.String);
  return BY_CHARACTER.includes(type);
}

/** Token ids of texts whose tokenizer goes word by word: of words seen lately they are remembered. */
export class Words {
  readonly #library: TokenizerLibrary;
  readonly #seen = new LRUCache<string, readonly number[]>({ max: MOST_WORDS });

  constructor(library: TokenizerLibrary) {
    this.#library = library;
  }

  /** Undefined where a word of it was not seen lately. @param text in its form, with single blanks. */
  known(text: string): number[] | undefined {
    const ids: number[] = [];
    for (const word of wordsOf(text)) {
      const known = this.#seen.get(word);
      if (!known) return undefined;
      for (const id of known) ids.push(id);
    }
    return ids;
  }

  async encode(text: string): Promise<number[]> {
    const words = [...wordsOf(text)];
    const ids = new Map(words.map((word) => [word, this.#seen.get(word)]));
    const missing = [...ids.keys()].filter((word) => !ids.get(word));
    const found = missing.length > 0 ? await this.#library.idsOf(missing) : [];
    for (const [at, word] of missing.entries()) {
      ids.set(word, found[at]);
      if (word.length <= LONGEST_WORD) this.#seen.set(copied(word), found[at] ?? []);
    }
    return words.flatMap((word) => ids.get(word) ?? []);
  }
}

function* wordsOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const blank = text.indexOf(" ", from);
    const to = blank < 0 ? text.length : blank;
    if (to > from) yield text.slice(from, to);
    from = to + 1;
  }
}

/** V8 keeps the whole of a text in memory for as long as somebody holds a part of it. */
function copied(word: string): string {
  return Buffer.from(word, "utf16le").toString("utf16le");
}
