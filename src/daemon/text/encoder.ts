import { Tokenizer } from "@huggingface/tokenizers";

export interface EncodedText {
  /** Special tokens included, never longer than the window. */
  readonly ids: Int32Array;
  /** The text was longer than the window. */
  readonly truncated: boolean;
}

/**
 * Characters given to the tokenizer for each token of the window. A text of a mebibyte would hold the event loop for
 * a second; no ordinary text has words this long, and one that has is marked as truncated.
 */
const CHARACTERS_PER_TOKEN = 24;

/** Turns normalised text into token ids, cut to the window by us: what tokenizer.json says of padding is ignored. */
export class Encoder {
  readonly windowTokens: number;
  readonly #tokenizer: Tokenizer;
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  /**
   * @param tokenizerJson the parsed tokenizer.json.
   * @param tokenizerConfig the parsed tokenizer_config.json, or {}.
   * @param windowTokens the most tokens the model takes, special ones included.
   */
  constructor(tokenizerJson: object, tokenizerConfig: object, windowTokens: number) {
    this.#tokenizer = new Tokenizer({ ...tokenizerJson, padding: null, truncation: null }, tokenizerConfig);
    this.windowTokens = windowTokens;
    // What the post-processor puts around a text is found by asking it, since kinds of tokenizers differ in how they say it.
    const bare = this.#encode("a", false);
    const whole = this.#encode("a", true);
    const start = whole.findIndex((_, at) => bare.every((id, offset) => whole[at + offset] === id));
    this.#before = whole.slice(0, Math.max(start, 0));
    this.#after = whole.slice(Math.max(start, 0) + bare.length);
  }

  encode(text: string): EncodedText {
    const head = this.#headOf(text);
    const room = this.windowTokens - this.#before.length - this.#after.length;
    const tokens = this.#encode(head, false);
    const truncated = head.length < text.length || tokens.length > room;
    return { ids: Int32Array.from([...this.#before, ...tokens.slice(0, room), ...this.#after]), truncated };
  }

  #encode(text: string, specials: boolean): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: specials, return_token_type_ids: false }).ids;
  }

  /** The part of a very long text that fills the window, cut between words where there is a gap. */
  #headOf(text: string): string {
    const limit = this.windowTokens * CHARACTERS_PER_TOKEN;
    if (text.length <= limit) return text;
    const gap = text.lastIndexOf(" ", limit);
    const head = text.slice(0, gap > 0 ? gap : limit);
    return head.isWellFormed() ? head : head.slice(0, -1);
  }
}
