import { LRUCache } from "lru-cache";
import { Ends } from "./ends.ts";
import type { Side } from "./truncation.ts";
import type { TokenizerLibrary } from "./library.ts";
import { WordPieces } from "./word-pieces.ts";

/** 8192 words take about a megabyte; the words of a chatbot's texts repeat. */
const MOST_WORDS = 8192;
/** What is longer is hardly a word, and will hardly come again. */
const LONGEST_WORD = 32;
/** Words of longer texts are not kept: one call of a mebibyte would put everybody else's out. */
const LONGEST_LEARNT_FROM = 2048;
/** Each takes a microsecond of the event loop, besides its look-up. */
const MOST_WORDS_AT_ONCE = 1024;

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

type Tokens = readonly number[];

/** Token ids of texts whose tokenizer goes word by word: of words seen lately they are remembered. */
export class Words {
  readonly #library: TokenizerLibrary;
  readonly #side: Side;
  readonly #ends: Ends;
  readonly #pieces: WordPieces | undefined;
  readonly #seen = new LRUCache<string, Tokens>({ max: MOST_WORDS });

  /** @param json for which `isWordByWord`. */
  constructor(json: object, library: TokenizerLibrary, side: Side) {
    this.#pieces = WordPieces.of(json);
    this.#library = library;
    this.#side = side;
    this.#ends = new Ends(json, library, side);
  }

  /**
   * Of plain words and those seen lately alone; undefined where one is neither.
   *
   * @param text with blanks between its words. @param enough as in `encode`.
   */
  known(text: string, enough: number): number[] | undefined {
    const ids: number[] = [];
    const place = new Place(text, this.#side);
    const keeps = text.length <= LONGEST_LEARNT_FROM;
    for (let word = place.next(); word !== undefined && ids.length < enough; word = place.next()) {
      const known = this.#seen.get(word) ?? this.#spell(word, keeps);
      if (!known) return undefined;
      if (this.#side === "head") for (const id of known) ids.push(id);
      else for (let at = known.length - 1; at >= 0; at--) ids.push(known[at] ?? 0);
    }
    return this.#side === "head" ? ids : ids.toReversed();
  }

  /** @returns all tokens, or at least `enough` of those at the end that stays. */
  async encode(text: string, enough: number): Promise<number[]> {
    const ids: Tokens[] = [];
    const place = new Place(text, this.#side);
    const keeps = text.length <= LONGEST_LEARNT_FROM;
    for (let count = 0; count < enough;) {
      const words = this.#take(place, enough - count);
      if (words.length === 0) break;
      const found = await this.#learn(words, enough - count, keeps);
      for (const one of found) count += one.length;
      ids.push(...found);
    }
    return this.#inOrder(ids);
  }

  #spell(word: string, keeps: boolean): Tokens | undefined {
    const ids = word.length <= LONGEST_WORD ? this.#pieces?.idsOf(word) : undefined;
    if (ids && keeps) this.#seen.set(copied(word), ids);
    return ids;
  }

  /** So many words that they have enough tokens, those that are unknown taken for one each. */
  #take(place: Place, enough: number): string[] {
    const words: string[] = [];
    for (let count = 0; count < enough && words.length < MOST_WORDS_AT_ONCE;) {
      const word = place.next();
      if (word === undefined) break;
      words.push(word);
      count += this.#seen.get(word)?.length ?? 1;
    }
    return words;
  }

  async #learn(words: readonly string[], enough: number, keeps: boolean): Promise<Tokens[]> {
    const ids = new Map(words.map((word) => [word, this.#seen.get(word) ?? this.#spell(word, keeps)]));
    const missing = [...ids.keys()].filter((word) => !ids.get(word));
    const short = missing.filter((word) => word.length <= LONGEST_WORD);
    const found = short.length > 0 ? await this.#library.idsOfEach(short) : [];
    for (const [at, word] of short.entries()) {
      ids.set(word, found[at]);
      if (keeps) this.#seen.set(copied(word), found[at] ?? []);
    }
    for (const word of missing) {
      if (word.length > LONGEST_WORD) ids.set(word, await this.#ends.idsOf(word, enough));
    }
    return words.map((word) => ids.get(word) ?? []);
  }

  /** @param ids of the words, as they were met. */
  #inOrder(ids: readonly Tokens[]): number[] {
    const flat: number[] = [];
    const inOrder = this.#side === "head" ? ids : ids.toReversed();
    for (const one of inOrder) for (const id of one) flat.push(id);
    return flat;
  }
}

const BLANK = 0x20;
/** One by one, a mebibyte of them takes 27 ms. */
const MANY_BLANKS = " ".repeat(512);

/** A place in a text, which goes on by words, from its head or from its tail. */
class Place {
  readonly #text: string;
  readonly #fromHead: boolean;
  #at: number;

  constructor(text: string, side: Side) {
    this.#text = text;
    this.#fromHead = side === "head";
    this.#at = this.#fromHead ? 0 : text.length;
  }

  next(): string | undefined {
    return this.#fromHead ? this.#after() : this.#before();
  }

  #after(): string | undefined {
    const text = this.#text;
    let from = this.#at;
    while (text.startsWith(MANY_BLANKS, from)) from += MANY_BLANKS.length;
    while (text.charCodeAt(from) === BLANK) from += 1;
    if (from >= text.length) return undefined;
    const blank = text.indexOf(" ", from);
    this.#at = blank < 0 ? text.length : blank;
    return text.slice(from, this.#at);
  }

  #before(): string | undefined {
    const text = this.#text;
    let to = this.#at;
    while (text.endsWith(MANY_BLANKS, to)) to -= MANY_BLANKS.length;
    while (to > 0 && text.charCodeAt(to - 1) === BLANK) to -= 1;
    if (to === 0) return undefined;
    this.#at = text.lastIndexOf(" ", to - 1) + 1;
    return text.slice(this.#at, to);
  }
}

/** V8 keeps the whole of a text in memory for as long as somebody holds a part of it. */
function copied(word: string): string {
  return Buffer.from(word, "utf16le").toString("utf16le");
}
