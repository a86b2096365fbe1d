import { Tokenizer } from "@huggingface/tokenizers";
import { Words, isWordByWord } from "./words.ts";

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

/** Stands for a text: no tokenizer gives a token like it. */
const ANY_TEXT = "\0";

/** Turns normalised text into token ids, cut to the window by us: what tokenizer.json says of padding is ignored. */
export class Encoder {
  readonly windowTokens: number;
  /** The tokens are of several types; a model that asks for types would want to know which. */
  readonly hasTokenTypes: boolean;
  readonly #tokenizer: Tokenizer;
  /** Where the tokenizer goes word by word. */
  readonly #words: Words | undefined;
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  /**
   * @param tokenizerJson the parsed tokenizer.json, and nothing else: the digest of a model covers no other file.
   * @param windowTokens the most tokens the model takes, special ones included.
   * @throws {Error} saying what of tokenizer.json can't be done.
   */
  constructor(tokenizerJson: object, windowTokens: number) {
    this.#tokenizer = tokenizerOf(tokenizerJson);
    this.#words = isWordByWord(tokenizerJson) ? new Words(this.#tokenizer) : undefined;
    this.windowTokens = windowTokens;
    const { tokens, token_type_ids: types = [] } = this.#around();
    const at = tokens.indexOf(ANY_TEXT);
    if (at < 0 || at !== tokens.lastIndexOf(ANY_TEXT))
      throw new Error("its post_processor does not keep a text as it is");
    this.hasTokenTypes = types.some((type) => type !== 0);
    this.#before = tokens.slice(0, at).map((token) => this.#idOf(token));
    this.#after = tokens.slice(at + 1).map((token) => this.#idOf(token));
    if (tokens.length > windowTokens) throw new Error(`its window of ${windowTokens} tokens leaves no room for text`);
  }

  encode(text: string): EncodedText {
    const head = this.#headOf(text);
    const room = this.windowTokens - this.#before.length - this.#after.length;
    const tokens =
      this.#words?.encode(head, room + 1) ?? this.#tokenizer.encode(head, { add_special_tokens: false }).ids;
    const truncated = head.length < text.length || tokens.length > room;
    return { ids: this.#withSpecials(tokens, Math.min(tokens.length, room)), truncated };
  }

  #withSpecials(tokens: readonly number[], count: number): Int32Array {
    const ids = new Int32Array(this.#before.length + count + this.#after.length);
    ids.set(this.#before);
    for (let at = 0; at < count; at++) ids[this.#before.length + at] = tokens[at] ?? 0;
    ids.set(this.#after, this.#before.length + count);
    return ids;
  }

  /** What the post-processor makes of a text, special tokens included. */
  #around(): { readonly tokens: readonly string[]; readonly token_type_ids?: readonly number[] } {
    return this.#tokenizer.post_processor?.post_process([ANY_TEXT], null, true) ?? { tokens: [ANY_TEXT] };
  }

  #idOf(special: string): number {
    const id = this.#tokenizer.token_to_id(special);
    if (id === undefined) throw new Error(`its post_processor adds ${special}, which is not in its vocabulary`);
    return id;
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

/** The tokenizer has made tables of its own out of vocabulary and merges; its copy of the file would keep them twice. */
function tokenizerOf(json: object): Tokenizer {
  const model: Record<string, unknown> = "model" in json ? { ...(json.model as object) } : {};
  const tokenizer = new Tokenizer({ ...json, model, padding: null, truncation: null }, {});
  delete model["vocab"];
  delete model["merges"];
  return tokenizer;
}
