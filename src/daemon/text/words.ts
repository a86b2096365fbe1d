import type { Tokenizer } from "@huggingface/tokenizers";
import { LRUCache } from "lru-cache";

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
  readonly #tokenizer: Tokenizer;
  readonly #seen = new LRUCache<string, readonly number[]>({ max: MOST_WORDS });

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** @param enough tokens after which the rest is left; at least as many are returned, where the text has them. */
  encode(text: string, enough: number): number[] {
    const ids: number[] = [];
    for (let from = 0; from < text.length && ids.length < enough;) {
      const blank = text.indexOf(" ", from);
      const to = blank < 0 ? text.length : blank;
      for (const id of this.#idsOf(text.slice(from, to))) ids.push(id);
      from = to + 1;
    }
    return ids;
  }

  #idsOf(word: string): readonly number[] {
    const known = this.#seen.get(word);
    if (known) return known;
    const { ids } = this.#tokenizer.encode(word, { add_special_tokens: false });
    if (word.length <= LONGEST_WORD) this.#seen.set(copied(word), ids);
    return ids;
  }
}

/** V8 keeps the whole of a text in memory for as long as somebody holds a part of it. */
function copied(word: string): string {
  return Buffer.from(word, "utf16le").toString("utf16le");
}
