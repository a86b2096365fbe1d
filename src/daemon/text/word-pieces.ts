/** What of tokenizer.json decides the pieces of a plain word. */
export interface WordPieceFile {
  readonly model?: {
    readonly vocab?: unknown;
    readonly unk_token?: string;
    readonly continuing_subword_prefix?: string;
    readonly max_input_chars_per_word?: number;
  };
  readonly normalizer?: NormalizerPart | null;
  readonly pre_tokenizer?: { readonly type: string } | null;
  readonly added_tokens?: readonly { readonly content: string }[];
}

interface NormalizerPart {
  readonly type?: string;
  readonly lowercase?: boolean;
  readonly normalizers?: readonly NormalizerPart[];
}

const PRINTABLE = /^[!-~]+$/u;
/** What stands between letters and digits is a word of its own, each character for itself (BertPreTokenizer). */
const APART = /[0-9A-Za-z]+|[^0-9A-Za-z]/gu;

/**
 * Pieces of words of printable ASCII, without a call of the library, which takes 60 µs for the first word of a text
 * that it is asked for: the longest piece first, as WordPiece has it. Nothing but letter case and punctuation is done
 * to such words; what else a tokenizer.json may ask for, and any word with the beginning of an added token, is left to
 * the library.
 */
export class WordPieces {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #unknown: number;
  readonly #prefix: string;
  readonly #longest: number;
  readonly #lowers: boolean;
  readonly #parts: boolean;
  /** Characters that added tokens begin with. */
  readonly #beginnings: ReadonlySet<string>;

  /** Undefined where plain words are not so plain. @param file of a tokenizer that goes word by word. */
  static of(file: WordPieceFile): WordPieces | undefined {
    const { vocab, unk_token: unknown = "[UNK]" } = file.model ?? {};
    const id = (vocab as Readonly<Record<string, number>> | undefined)?.[unknown];
    return id === undefined || replaces(file.normalizer) ? undefined : new WordPieces(file, id);
  }

  private constructor(
    { model = {}, normalizer, pre_tokenizer: splitter, added_tokens: added = [] }: WordPieceFile,
    unknown: number,
  ) {
    this.#ids = plainOf(model.vocab as Readonly<Record<string, number>>);
    this.#unknown = unknown;
    this.#prefix = model.continuing_subword_prefix ?? "##";
    this.#longest = model.max_input_chars_per_word ?? 100;
    this.#lowers = lowers(normalizer);
    this.#parts = splitter?.type === "BertPreTokenizer";
    this.#beginnings = new Set(added.flatMap(({ content }) => letterCases(content[0] ?? "")));
  }

  /** Undefined where the library has to be asked. @param word without blanks. */
  idsOf(word: string): number[] | undefined {
    if (!PRINTABLE.test(word)) return undefined;
    for (const character of word) if (this.#beginnings.has(character)) return undefined;
    const lowered = this.#lowers ? word.toLowerCase() : word;
    if (!this.#parts) return this.#piecesOf(lowered);
    return (lowered.match(APART) ?? []).flatMap((part) => this.#piecesOf(part));
  }

  #piecesOf(word: string): number[] {
    const pieces: number[] = [];
    if (word.length > this.#longest) return [this.#unknown];
    for (let from = 0; from < word.length;) {
      const [id, to] = this.#longestFrom(word, from);
      if (id === undefined) return [this.#unknown];
      pieces.push(id);
      from = to;
    }
    return pieces;
  }

  #longestFrom(word: string, from: number): readonly [number | undefined, number] {
    const prefix = from > 0 ? this.#prefix : "";
    for (let to = word.length; to > from; to--) {
      const id = this.#ids.get(prefix + word.slice(from, to));
      if (id !== undefined) return [id, to];
    }
    return [undefined, from];
  }
}

function plainOf(vocabulary: Readonly<Record<string, number>>): Map<string, number> {
  const ids = new Map<string, number>();
  for (const piece of Object.keys(vocabulary)) if (PRINTABLE.test(piece)) ids.set(piece, vocabulary[piece]!);
  return ids;
}

function replaces(part: NormalizerPart | null | undefined): boolean {
  return part?.type === "Replace" || (part?.normalizers ?? []).some(replaces);
}

function lowers(part: NormalizerPart | null | undefined): boolean {
  if (part?.type === "BertNormalizer") return part.lowercase ?? true;
  return part?.type === "Lowercase" || (part?.normalizers ?? []).some(lowers);
}

function letterCases(character: string): string[] {
  return [character, character.toLowerCase(), character.toUpperCase()];
}
