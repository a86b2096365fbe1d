import { Tokenizer } from "tokenizers";
import type { Encoding } from "tokenizers";
import { nextTurn } from "../../lib/turns.ts";
import { collectYoung } from "../../lib/collector.ts";
import { boundedBpe } from "./bounded-bpe.ts";

// Its own threads would stand beside ours: batches go through libuv's, one each.
process.env["TOKENIZERS_PARALLELISM"] = "false";

/**
 * Calls that are under way at once. Their threads want the core that the event loop wants, and what has ended is taken in
 * one turn of it, which has to stay short.
 */
const AT_ONCE = 1;

/**
 * Tokens whose encodings are thrown away together. V8 does not know what they hold: by itself it leaves a thousand
 * encodings lying, and to free all their tokens then takes 50 ms.
 */
const TOKENS_LYING = 32_768;

const PLAIN = { addSpecialTokens: false };

interface AddedToken {
  readonly content: string;
  readonly id: number;
}

export interface Token {
  /** Its number in the text. */
  readonly word: number;
  /** Found as it is written out in the text, and not by the model. */
  readonly isAdded: boolean;
}

/** What the post-processor makes of a text or two. */
export interface Framed {
  readonly ids: readonly number[];
  readonly types: readonly number[];
  /** 0 or 1: of which text; null: a special token. */
  readonly texts: readonly (number | null | undefined)[];
}

/** What the library is given: a tokenizer.json's content without what it says of padding and truncation. */
export function libraryText(tokenizerJson: object): string {
  return JSON.stringify({ ...tokenizerJson, padding: null, truncation: null });
}

/** The tokenizer as its makers wrote it; it works on libuv's threads. Callers keep each call small. */
export class TokenizerLibrary {
  readonly #tokenizer: Tokenizer;
  readonly #added: ReadonlySet<string>;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #lying = 0;

  /**
   * @param tokenizerJson the file's content. @param text see `libraryText`.
   * @throws {Error} naming the part that the library refuses.
   */
  constructor(tokenizerJson: object, text = libraryText(tokenizerJson)) {
    try {
      this.#tokenizer = Tokenizer.fromString(text);
    } catch (error) {
      throw new Error(`the tokenizers library refuses it: ${reasonOf(error)}`, { cause: error });
    }
    const model = boundedBpe(tokenizerJson);
    if (model) this.#tokenizer.setModel(model);
    this.#added = this.#checkAdded(tokenizerJson);
  }

  /** Of one text, without special tokens. */
  async idsOf(text: string): Promise<readonly number[]> {
    return await this.#inTurn(async () => this.#read(await this.#tokenizer.encode(text, null, PLAIN)));
  }

  /** As `idsOf`, told with where each token comes from. */
  async tokensOf(text: string): Promise<readonly Token[]> {
    return await this.#inTurn(async () => {
      const encoding = await this.#tokenizer.encode(text, null, PLAIN);
      const [words, offsets, letters] = [encoding.getWordIds(), encoding.getOffsets(), Array.from(text)];
      return encoding.getTokens().map((token, at) => {
        const source = letters.slice(...(offsets[at] as [number, number])).join("");
        return { word: words[at] ?? -1, isAdded: this.#added.has(token) && source.includes(token) };
      });
    });
  }

  /** Of each of many, without special tokens. */
  async idsOfEach(texts: readonly string[]): Promise<readonly (readonly number[])[]> {
    return await this.#inTurn(async () => {
      const encodings = await this.#tokenizer.encodeBatch([...texts], PLAIN);
      return encodings.map((encoding) => this.#read(encoding));
    });
  }

  async framed(text: string, pair?: string): Promise<Framed> {
    const encoding = await this.#tokenizer.encode(text, pair ?? null, { addSpecialTokens: true });
    return { ids: encoding.getIds(), types: encoding.getTypeIds(), texts: encoding.getSequenceIds() };
  }

  /** Undefined where it has no such token. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.tokenToId(token) ?? undefined;
  }

  /** It numbers added tokens itself, in the order of the file. */
  #checkAdded({ added_tokens: added = [] }: { readonly added_tokens?: readonly AddedToken[] }): Set<string> {
    for (const { content, id } of added) {
      const given = this.idOf(content);
      if (given !== id) throw new Error(`its added token ${content} has the id ${id}, and comes to ${given}`);
    }
    return new Set(added.map(({ content }) => content));
  }

  #read(encoding: Encoding): readonly number[] {
    const ids = encoding.getIds();
    this.#lying += ids.length;
    if (this.#lying > TOKENS_LYING) {
      this.#lying = 0;
      void nextTurn().then(collectYoung);
    }
    return ids;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

/** It tells a part by the name of a type of its own, and a place in a text that only it has seen. */
const PARTS = {
  Normalizer: "normalizer",
  PreTokenizer: "pre_tokenizer",
  PostProcessor: "post_processor",
  Decoder: "decoder",
  Model: "model",
};

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const part = Object.entries(PARTS).find(([name]) => reason.includes(`untagged enum ${name}Wrapper`))?.[1];
  return part
    ? `its ${part} has a part, or a form, that it does not know`
    : reason.replace(/ at line \d+ column \d+$/, "");
}
