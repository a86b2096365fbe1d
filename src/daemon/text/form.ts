import { isWordByWord } from "./words.ts";

/** Printable ASCII with single blanks between: most texts are in their one form already, and are not copied. */
const FOLDED = /^[!-~]+(?: [!-~]+)*$/u;

/** White space to every tokenizer: not the controls (U+000B, U+0085), which BERT's leaves out before it looks for blanks. */
const BLANKS = /[\t\n\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/gu;

/** Which texts are one and the same to a tokenizer, as far as its file shows that they are. */
export class TextForm {
  readonly #foldsBlanks: boolean;

  constructor(tokenizerJson: object) {
    this.#foldsBlanks = isWordByWord(tokenizerJson);
  }

  of(text: string): string {
    if (!this.#foldsBlanks || FOLDED.test(text)) return text;
    const folded = text.replaceAll(BLANKS, " ");
    return folded.slice(folded.startsWith(" ") ? 1 : 0, folded.endsWith(" ") ? -1 : undefined);
  }
}
