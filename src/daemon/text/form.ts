import { isWordByWord } from "./words.ts";

/** Printable ASCII with single blanks between: most texts are in their one form already, and are not copied. */
const FOLDED = /^[!-~]+(?: [!-~]+)*$/u;
const BEYOND_ASCII = /[^\0-\x7F]/u;

/**
 * White space to every tokenizer that is no single blank: not the controls (U+000B, U+0085), which BERT's leaves out
 * before it looks for blanks.
 */
const BLANKS = / {2,}|[\t\n\r\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/gu;
const RUNS = / {2,}/gu;

/** Composing takes time by the square of a run of marks; Unicode's stream-safe texts have no longer ones. */
const MARKS_IN_A_ROW = /\p{M}{31}/u;
/** What is longer will hardly be asked again in another form, and would hold everybody else up. */
const LONGEST_FORMED = 16_384;
/** Letters past U+FFFF are composed by newer versions of Unicode than the tokenizers may have. */
const PAST_BASIC_PLANE = /[\uD800-\uDFFF]/;
/** More added tokens than these to look for are not worth it. */
const MOST_ADDED = 256;

interface Part {
  readonly type?: string;
  readonly lowercase?: boolean;
  readonly strip_accents?: boolean | null;
  readonly normalizers?: readonly Part[];
}

interface TokenizerParts {
  readonly normalizer?: Part | null;
  readonly added_tokens?: readonly { readonly content: string }[];
}

/** Which texts are one and the same to a tokenizer, as far as its file shows that they are. */
export class TextForm {
  readonly #folds: boolean;
  /** Added tokens, where composed and decomposed letters are the same to the tokenizer. */
  readonly #composedBut: readonly string[] | undefined;

  constructor(tokenizerJson: object) {
    const { normalizer, added_tokens: added = [] } = tokenizerJson as TokenizerParts;
    this.#folds = isWordByWord(tokenizerJson);
    if (beginsWithUnicodeForm(normalizer) && added.length <= MOST_ADDED)
      this.#composedBut = added.map(({ content }) => content);
  }

  /** In time that is linear in the text. */
  of(text: string): string {
    if (text.length > LONGEST_FORMED) return text;
    if (this.#folds) return FOLDED.test(text) ? text : folded(this.#composed(text));
    return this.#composed(text);
  }

  #composed(text: string): string {
    if (!this.#composedBut || !BEYOND_ASCII.test(text)) return text;
    if (PAST_BASIC_PLANE.test(text) || MARKS_IN_A_ROW.test(text)) return text;
    const composed = text.normalize("NFC");
    // A mark would go with the last letter of an added token, which is found before anything is composed.
    const isFree = this.#composedBut.every((content) => !text.includes(content) && !composed.includes(content));
    return isFree ? composed : text;
  }
}

/** So that what is canonically the same gives the same ids. BERT's takes accents off in their decomposed form. */
function beginsWithUnicodeForm(part: Part | null | undefined): boolean {
  if (part?.type === "Sequence") return beginsWithUnicodeForm(part.normalizers?.[0]);
  if (part?.type === "BertNormalizer") return part.strip_accents ?? part.lowercase ?? true;
  return ["NFC", "NFD", "NFKC", "NFKD"].includes(part?.type ?? "");
}

function folded(text: string): string {
  const single = text.replaceAll(BLANKS, " ").replaceAll(RUNS, " ");
  return single.slice(single.startsWith(" ") ? 1 : 0, single.endsWith(" ") ? -1 : undefined);
}
