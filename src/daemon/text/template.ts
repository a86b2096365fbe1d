import type { Framed, TokenizerLibrary } from "./library.ts";

/** A special token, or a text in whole. */
type Part = { readonly special: number; readonly type: number } | { readonly text: number; readonly type: number };

export interface FilledTemplate {
  readonly ids: Int32Array;
  /** Undefined where all are 0. */
  readonly types: Int32Array | undefined;
}

/** Something of them is known to every tokenizer. */
const SAMPLES = ["a", "A", "0", ".", "the", "的", "あ", "а", "ا", "\u2581"];

/** What stands around a text, or around two and between them: learned from what the post-processor does. */
export class Template {
  readonly #parts: readonly Part[];
  readonly #isTyped: boolean;
  /** Special tokens. */
  readonly specials: number;

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.#isTyped = parts.some(({ type }) => type !== 0);
    this.specials = parts.filter((part) => "special" in part).length;
  }

  /**
   * @param texts that it is for: 1 or 2.
   * @returns undefined where not each text is in it once.
   */
  static async learn(library: TokenizerLibrary, texts: 1 | 2): Promise<Template | undefined> {
    for (const sample of SAMPLES) {
      const plain = await library.idsOf(sample);
      if (plain.length === 0) continue;
      const parts = partsOf(await library.framed(sample, texts === 2 ? sample : undefined), plain);
      const order = parts?.flatMap((part) => ("text" in part ? [part.text] : [])).toSorted();
      return parts && order?.join() === (texts === 2 ? "0,1" : "0") ? new Template(parts) : undefined;
    }
    return undefined;
  }

  /** @param counts how many of each text's tokens are in it, from `froms`. */
  fill(tokens: readonly (readonly number[])[], froms: readonly number[], counts: readonly number[]): FilledTemplate {
    const ids = new Int32Array(this.specials + counts.reduce((sum, count) => sum + count, 0));
    const types = this.#isTyped ? new Int32Array(ids.length) : undefined;
    let at = 0;
    for (const part of this.#parts) {
      const from = at;
      if ("special" in part) ids[at++] = part.special;
      else {
        const first = froms[part.text] ?? 0;
        const last = first + (counts[part.text] ?? 0);
        for (let token = first; token < last; token++) ids[at++] = tokens[part.text]?.[token] ?? 0;
      }
      types?.fill(part.type, from, at);
    }
    return { ids, types: types?.some((type) => type !== 0) ? types : undefined };
  }
}

function partsOf({ ids, types, texts }: Framed, plain: readonly number[]): Part[] | undefined {
  const parts: Part[] = [];
  for (let at = 0; at < ids.length;) {
    const [text, type = 0] = [texts[at] ?? null, types[at]];
    if (text === null) parts.push({ special: ids[at++] ?? 0, type });
    else {
      if (plain.some((id, offset) => ids[at + offset] !== id || texts[at + offset] !== text)) return undefined;
      parts.push({ text, type });
      at += plain.length;
    }
  }
  return parts;
}
