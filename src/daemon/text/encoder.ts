import { Turns } from "../../lib/turns.ts";
import { Ends } from "./ends.ts";
import type { Side } from "./truncation.ts";
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

/** One of two texts. */
interface ReadText {
  readonly text: string;
  /** All of it, or more of its end than there is room for. */
  readonly tokens: Tokens;
  /** What the library counts of it before it cuts; asked for where it matters, once. */
  count: Promise<number> | undefined;
}

/** Turns texts into token ids, exactly as their tokenizer has them, cut to the window. */
export class Encoder {
  readonly windowTokens: number;
  readonly #single: Template;
  readonly #pair: Template | undefined;
  readonly #form: TextForm;
  readonly #side: Side;
  readonly #ends: Ends;
  /** Where the tokenizer goes word by word. */
  readonly #words: Words | undefined;

  private constructor(
    json: object,
    library: TokenizerLibrary,
    templates: readonly [Template, Template | undefined],
    { windowTokens, truncationSide }: EncoderOptions,
  ) {
    [this.#single, this.#pair] = templates;
    this.windowTokens = windowTokens;
    this.#form = new TextForm(json);
    this.#side = truncationSide === "left" ? "tail" : "head";
    this.#ends = new Ends(json, library, this.#side);
    this.#words = isWordByWord(json) ? new Words(json, library, this.#side) : undefined;
  }

  /**
   * @param tokenizerJson the parsed tokenizer.json. @param text see `libraryText`: a megabyte, for whoever has it.
   * @throws {Error} saying what of tokenizer.json can't be done.
   */
  static async open(tokenizerJson: object, options: EncoderOptions, text?: string): Promise<Encoder> {
    const library = new TokenizerLibrary(tokenizerJson, text);
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
    const template = this.#templateOf(pair);
    if (pair !== undefined) return this.#read(text, template).then((first) => this.#join(template, first, pair));
    const enough = this.#roomIn(template) + 1;
    const known = this.#words?.known(text, enough);
    if (known) return this.#cut(template, [known]);
    return this.#learn(text, enough).then((ids) => this.#cut(template, [ids]));
  }

  /**
   * One text with each of several second ones: a long one is turned into tokens once and not again for each.
   *
   * @throws {Error} where `takesPairs` is false.
   */
  async encodePairs(text: string, pairs: readonly string[]): Promise<EncodedText[]> {
    const turns = new Turns();
    const encoded: EncodedText[] = [];
    let first: ReadText | undefined;
    for (const pair of pairs) {
      const template = this.#templateOf(pair);
      first ??= await this.#read(text, template);
      encoded.push(await this.#join(template, first, pair));
      if (turns.isOver) await turns.next();
    }
    return encoded;
  }

  /** @throws {Error} */
  #templateOf(pair: string | undefined): Template {
    const template = pair === undefined ? this.#single : this.#pair;
    if (!template || template.specials >= this.windowTokens) throw new Error("the model's tokenizer takes no pairs");
    return template;
  }

  #roomIn({ specials }: Template): number {
    return this.windowTokens - specials;
  }

  async #read(text: string, template: Template): Promise<ReadText> {
    return { text, tokens: await this.#learn(text, this.#roomIn(template) + 1), count: undefined };
  }

  async #join(template: Template, first: ReadText, pair: string): Promise<EncodedText> {
    const room = this.#roomIn(template);
    const texts = [first, await this.#read(pair, template)];
    const tokens = texts.map((text) => text.tokens);
    // Where both are longer than all the room, one of them gets the odd token, and it has to be told which.
    const isTold = room % 2 === 0 || tokens.some(({ length }) => length <= room);
    if (isTold) return this.#cut(template, tokens);
    return this.#cut(template, tokens, await Promise.all(texts.map((text) => this.#countOf(text))));
  }

  #countOf(text: ReadText): Promise<number> {
    text.count ??= this.#ends.count(text.text, this.windowTokens);
    return text.count;
  }

  async #learn(text: string, enough: number): Promise<Tokens> {
    if (!this.#words) return await this.#ends.idsOf(text, enough);
    return this.#words.known(text, enough) ?? (await this.#words.encode(text, enough));
  }

  /**
   * @param tokens of the whole texts, or more of their ends than there is room for.
   * @param lengths that decide which text gets more of the room.
   */
  #cut(template: Template, tokens: readonly Tokens[], lengths = tokens.map(({ length }) => length)): EncodedText {
    const counts = shares(lengths, this.#roomIn(template));
    const froms = tokens.map(({ length }, at) => (this.#side === "tail" ? length - (counts[at] ?? 0) : 0));
    const truncated = lengths.some((length, at) => length > (counts[at] ?? 0));
    return { ...template.fill(tokens, froms, counts), truncated };
  }
}
