import { TextForm } from "./form.ts";
import { TokenizerLibrary } from "./library.ts";
import { Template } from "./template.ts";
import { shares } from "./truncation.ts";
import { Words, isWordByWord } from "./words.ts";

export interface TextInput {
  readonly text: string;
  /** A second text that the model sees beside the first. */
  readonly pair?: string | undefined;
}

export interface EncodedText {
  /** Special tokens included, never longer than the window. */
  readonly ids: Int32Array;
  /** Types of the tokens; undefined where all are 0. */
  readonly types: Int32Array | undefined;
  /** The text was longer than the window. */
  readonly truncated: boolean;
}

export interface EncoderOptions {
  /** The most tokens the model takes, special ones included. */
  readonly windowTokens: number;
  /** Where a text that is longer is cut; right by default, so that its head stays. */
  readonly truncationSide?: "right" | "left" | undefined;
}

type Tokens = readonly number[];

/** Turns texts into token ids, exactly as their tokenizer has them, cut to the window. */
export class Encoder {
  readonly windowTokens: number;
  readonly #library: TokenizerLibrary;
  readonly #single: Template;
  readonly #pair: Template | undefined;
  readonly #form: TextForm;
  readonly #fromLeft: boolean;
  /** Where the tokenizer goes word by word. */
  readonly #words: Words | undefined;

  private constructor(
    json: object,
    library: TokenizerLibrary,
    templates: readonly [Template, Template | undefined],
    options: EncoderOptions,
  ) {
    this.#library = library;
    [this.#single, this.#pair] = templates;
    this.#form = new TextForm(json);
    this.#fromLeft = options.truncationSide === "left";
    this.#words = isWordByWord(json) ? new Words(library) : undefined;
    this.windowTokens = options.windowTokens;
  }

  /**
   * @param tokenizerJson the parsed tokenizer.json.
   * @throws {Error} saying what of tokenizer.json can't be done.
   */
  static async open(tokenizerJson: object, options: EncoderOptions): Promise<Encoder> {
    const library = new TokenizerLibrary(tokenizerJson);
    const single = await Template.learn(library, 1);
    if (!single) throw new Error("its post_processor does not keep a text as it is");
    if (single.specials >= options.windowTokens)
      throw new Error(`its window of ${options.windowTokens} tokens leaves no room for text`);
    return new Encoder(tokenizerJson, library, [single, await Template.learn(library, 2)], options);
  }

  /** Whether its post-processor has a place for a second text. */
  get takesPairs(): boolean {
    return this.#pair !== undefined && this.#pair.specials < this.windowTokens;
  }

  /** One form for all texts that surely have the same ids: what is encoded and cached. */
  formOf(text: string): string {
    return this.#form.of(text);
  }

  /**
   * @returns at once where all its words were seen lately.
   * @throws {Error} where there is a second text, and `takesPairs` is false.
   */
  encode({ text, pair }: TextInput): EncodedText | Promise<EncodedText> {
    const template = pair === undefined ? this.#single : this.#pair;
    if (!template || template.specials >= this.windowTokens) throw new Error("the model's tokenizer takes no pairs");
    const texts = pair === undefined ? [text] : [text, pair];
    const known = this.#words && texts.map((one) => this.#words?.known(one));
    if (known?.every((ids) => ids !== undefined)) return this.#cut(template, known);
    return this.#learn(texts).then((tokens) => this.#cut(template, tokens));
  }

  /** As `encode` for each; resolves in the same turn where all words are known. */
  async encodeAll(inputs: readonly TextInput[]): Promise<EncodedText[]> {
    const encoded: EncodedText[] = [];
    for (const input of inputs) {
      const one = this.encode(input);
      encoded.push(one instanceof Promise ? await one : one);
    }
    return encoded;
  }

  async #learn(texts: readonly string[]): Promise<readonly Tokens[]> {
    if (!this.#words) return await this.#library.idsOf(texts);
    const words = this.#words;
    return await Promise.all(texts.map((text) => words.encode(text)));
  }

  #cut(template: Template, tokens: readonly Tokens[]): EncodedText {
    const lengths = tokens.map(({ length }) => length);
    const counts = shares(lengths, this.windowTokens - template.specials);
    const froms = lengths.map((length, at) => (this.#fromLeft ? length - (counts[at] ?? 0) : 0));
    const truncated = lengths.some((length, at) => length > (counts[at] ?? 0));
    return { ...template.fill(tokens, froms, counts), truncated };
  }
}
