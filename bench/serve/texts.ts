import type { Encoder } from "../../src/daemon/text/encoder.ts";
import { seedFor, xorshift } from "../model/random.ts";
import { bundledTexts } from "../model/vocabulary.ts";

/** Special ones included. */
const SHORTEST_TOKENS = 5;
const LONGEST_TOKENS = 60;
const SEED = 1;
const FEWEST_WORDS = 500;
const MOST_TRIES = 10_000;

export interface BenchText {
  readonly text: string;
  /** As the model's own tokenizer has them, special ones included. */
  readonly ids: readonly number[];
}

interface Word {
  readonly word: string;
  readonly tokens: number;
}

/**
 * Texts of real words, all different, whose lengths in tokens are uniform from 5 to 60. Always the same ones for a
 * tokenizer, in the same order, however many are asked for.
 */
export class BenchTexts {
  readonly #encoder: Encoder;
  /** With the tokens that each takes by itself. */
  readonly #words: readonly Word[];
  readonly #specials: number;
  readonly #made: BenchText[] = [];
  readonly #seen = new Set<string>();
  readonly #next = xorshift(seedFor(SEED, "serve"));

  private constructor(encoder: Encoder, specials: number, words: readonly Word[]) {
    this.#encoder = encoder;
    this.#specials = specials;
    this.#words = words;
  }

  static async of(encoder: Encoder): Promise<BenchTexts> {
    const lengthOf = async (text: string): Promise<number> => (await encoder.encode({ text })).ids.length;
    const specials = await lengthOf("");
    const words = [...new Set(bundledTexts().flatMap((text) => text.match(/[a-z]+/g) ?? []))];
    if (words.length < FEWEST_WORDS)
      throw new Error(`models/shop-intents/data gives ${words.length} words, ${FEWEST_WORDS} are wanted`);
    const measured = words.map(async (word) => ({ word, tokens: (await lengthOf(word)) - specials }));
    return new BenchTexts(encoder, specials, await Promise.all(measured));
  }

  /** The first `count` of them. */
  async take(count: number): Promise<readonly BenchText[]> {
    while (this.#made.length < count) {
      const tokens = SHORTEST_TOKENS + (this.#next() % (LONGEST_TOKENS - SHORTEST_TOKENS + 1));
      this.#made.push(await this.#make(tokens));
    }
    return this.#made.slice(0, count);
  }

  /** Some tokenizers take more or fewer tokens for words in company than one by one: such a text is made anew. */
  async #make(tokens: number): Promise<BenchText> {
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const text = this.#compose(tokens - this.#specials);
      const { ids } = await this.#encoder.encode({ text });
      if (ids.length !== tokens || this.#seen.has(text)) continue;
      this.#seen.add(text);
      return { text, ids: [...ids] };
    }
    throw new Error(`no new text of ${tokens} tokens was found in ${MOST_TRIES} tries`);
  }

  #compose(tokens: number): string {
    const words: string[] = [];
    for (let missing = tokens; missing > 0;) {
      const { word, tokens } = this.#words[this.#next() % this.#words.length]!;
      if (tokens > missing) continue;
      words.push(word);
      missing -= tokens;
    }
    return words.join(" ");
  }
}
