import type { Answer } from "../cache/answer.ts";
import type { TextKey } from "../cache/keys.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { EncodedText, Encoder } from "../text/encoder.ts";
import { answerOf } from "./scores.ts";

/** What has one answer: a text, a pair of texts, or a text with labels of the call's own. */
export interface Question {
  /** Questions of one key have one answer. */
  readonly key: TextKey;
  /** What an answer's indices mean. */
  readonly labels: readonly string[];
  /** The text, where it may be counted among those that are asked often: pairs and own labels are not warmed. */
  readonly plainText: string | undefined;
  /** What the model reads for it: how many times, and what. */
  readonly inputs: number;
  encode(encoder: Encoder): Promise<readonly EncodedText[]>;
  /** @param keep labels of the answer, at most. */
  tally(keep: number): Tally;
  /** The answer as this question's caller wants it told, its labels in an order of its own where they are equal. */
  told(answer: Answer): Answer;
}

/** Makes one answer of what the model says to each input, as that comes in. */
export interface Tally {
  /** @param at which of the question's inputs. @throws {CombotError} `INFERENCE_FAILED` where that is no number. */
  add(at: number, row: Float32Array): void;
  /** Once all are there. */
  answer(truncated: boolean): Answer;
}

/** Between the two texts of a pair: no text holds it, so nothing else has that key. */
const BESIDE = "\0";

/** The key of a pair, both in their one form. */
export function pairKeyOf(text: string, pair: string): string {
  return text + BESIDE + pair;
}

/** A text or a pair, for the labels of the model. */
export class PlainQuestion implements Question {
  readonly key: TextKey;
  readonly labels: readonly string[];
  readonly inputs = 1;
  readonly #text: string;
  readonly #pair: string | undefined;
  readonly #model: ServedModel;

  /** @param text in its one form, as `pair` is. */
  constructor(key: TextKey, text: string, pair: string | undefined, model: ServedModel) {
    this.key = key;
    this.labels = model.labels;
    this.#text = text;
    this.#pair = pair;
    this.#model = model;
  }

  get plainText(): string | undefined {
    return this.#pair === undefined ? this.#text : undefined;
  }

  async encode(encoder: Encoder): Promise<readonly EncodedText[]> {
    const encoded = encoder.encode({ text: this.#text, pair: this.#pair });
    return [encoded instanceof Promise ? await encoded : encoded];
  }

  tally(keep: number): Tally {
    let found: Answer | undefined;
    return {
      add: (_at, row) => {
        found = answerOf(row, this.#model, false, keep);
      },
      answer: (truncated) => ({ ranking: [], millionths: [], ...found, truncated }),
    };
  }

  told(answer: Answer): Answer {
    return answer;
  }
}
