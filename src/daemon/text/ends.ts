import type { TokenizerLibrary } from "./library.ts";
import { repeatsAt } from "./repeats.ts";
import { stopOf } from "./truncation.ts";
import type { Side } from "./truncation.ts";

/** Given to the library at once, in UTF-16 units: its answer, of up to three tokens for each, holds the loop for 3 ms. */
const MOST_AT_ONCE = 8192;
/** The first try: most texts have more characters to a token, and few tokens are made for nothing. */
const CHARACTERS_PER_TOKEN = 2;
/** Tokens near a cut may be others than in the whole; so many of them are not used, at least. */
const MARGIN = 64;
/** Where the file does not say, as the library has it. */
const LONGEST_PIECED = 100;
/** Of a text that repeats itself at the cut: so much is encoded, and where it does so again and again, so much at most. */
const MOST_REPEATED = 16_384;
const LONGEST_REPEATED = 65_536;
/** A cut between words is looked for so far from where it would fall. */
const SHARE_TO_LOOK_THROUGH = 8;

/**
 * The tokens of one end of a text, as the library gives them for the whole of it: a text of a mebibyte takes a second
 * and a hundred megabytes, of which a window holds a page. What is given to it grows until the tokens fill the window
 * and a margin.
 */
export class Ends {
  readonly #library: TokenizerLibrary;
  readonly #side: Side;
  readonly #margin: number;

  /** @param json that the library was made of. */
  constructor(json: object, library: TokenizerLibrary, side: Side) {
    this.#library = library;
    this.#side = side;
    this.#margin = marginOf(json);
  }

  /** @returns all tokens, or at least `enough` of those at its end; those past that many may be others. */
  async idsOf(text: string, enough: number): Promise<readonly number[]> {
    return await this.#grow(text, enough, (part) => this.#library.idsOf(part));
  }

  /** How many tokens of the text the library has when it stops, where it is to cut it to `window`. */
  async count(text: string, window: number): Promise<number> {
    const tokens = await this.#grow(text, window, (part) => this.#library.tokensOf(part));
    return stopOf(this.#side === "head" ? tokens : tokens.toReversed(), window);
  }

  async #grow<T extends { readonly length: number }>(
    text: string,
    enough: number,
    encode: (part: string) => Promise<T>,
  ): Promise<T> {
    const target = enough + this.#margin;
    let length = target * CHARACTERS_PER_TOKEN;
    let hasRepeated = false;
    while (length < text.length) {
      const part = this.#cut(text, length);
      const tokens = await encode(part);
      if (tokens.length < target) {
        length = await this.#reach(text, part.length, tokens.length, target);
        continue;
      }
      const repeating = length < LONGEST_REPEATED && repeatsAt(text, part.length, this.#side, MOST_REPEATED);
      if (!repeating) return tokens;
      // What follows them has the room of a whole window again.
      length = hasRepeated ? LONGEST_REPEATED : repeating.length + target * CHARACTERS_PER_TOKEN;
      if (!hasRepeated) text = repeating.text;
      hasRepeated = true;
    }
    return await encode(text);
  }

  /** How much of the text probably has enough tokens, what is covered so far having some of them. */
  async #reach(text: string, covered: number, tokens: number, target: number): Promise<number> {
    for (;;) {
      const missing = ((target - tokens) * covered * 1.2) / Math.max(tokens, 1);
      const step = Math.ceil(Math.min(Math.max(missing, covered / 2), MOST_AT_ONCE));
      const next = covered + step;
      if (next >= text.length || step > covered / 4) return next;
      // A step that is small beside what is covered: it is counted alone, or the whole would be done again for each.
      const chunk = this.#side === "head" ? text.slice(covered, next) : text.slice(-next, -covered);
      tokens += (await this.#library.idsOf(chunk.toWellFormed())).length;
      covered = next;
      if (tokens >= target) return covered;
    }
  }

  #cut(text: string, length: number): string {
    return this.#side === "head" ? headOf(text, length) : tailOf(text, length);
  }
}

/**
 * WordPiece makes one unknown token of a word that is too long, and of what a cut leaves of it up to a token for each
 * character: so many tokens have to follow those that are used.
 */
function marginOf(json: object): number {
  const { model } = json as { readonly model?: { readonly type?: string; readonly max_input_chars_per_word?: number } };
  return model?.type === "WordPiece" ? Math.max(MARGIN, model.max_input_chars_per_word ?? LONGEST_PIECED) : MARGIN;
}

function headOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const least = length - Math.floor(length / SHARE_TO_LOOK_THROUGH);
  for (let at = length; at >= least; at--) if (isBetweenWords(text, at)) return text.slice(0, at);
  return text.slice(0, length - (isLow(text, length) ? 1 : 0));
}

/** The blank stays with the word behind it, as most tokenizers have it. */
function tailOf(text: string, length: number): string {
  const from = text.length - length;
  const last = from + Math.floor(length / SHARE_TO_LOOK_THROUGH);
  for (let at = from; at <= last; at++) if (isBetweenWords(text, at)) return text.slice(at);
  return text.slice(from + (isLow(text, from) ? 1 : 0));
}

function isBetweenWords(text: string, at: number): boolean {
  return text[at] === " " && isPlain(text.charCodeAt(at - 1)) && isPlain(text.charCodeAt(at + 1));
}

/** Letters and digits of ASCII, which no neighbour changes. */
function isPlain(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isLow(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
