import { CombotError } from "../../lib/errors.ts";
import type { ClassifyItem, ClassifyRequest } from "../../lib/protocol/classify.ts";
import type { TextKey } from "../cache/keys.ts";
import type { ServedModel } from "../model/served-model.ts";
import { checkText } from "../text/check.ts";
import { entailmentOf } from "./entailment.ts";
import { PlainQuestion, pairKeyOf } from "./question.ts";
import type { Question } from "./question.ts";
import { LabelsQuestion, OwnLabels } from "./zero-shot.ts";

/** Makes questions of calls. */
export class Questions {
  readonly #model: ServedModel;
  readonly #keyOf: (text: string) => TextKey;

  constructor(model: ServedModel, keyOf: (text: string) => TextKey) {
    this.#model = model;
    this.#keyOf = keyOf;
  }

  /** @throws {CombotError} `INVALID_TEXT` with the text's index, `INVALID_REQUEST`, `ZERO_SHOT_UNSUPPORTED`. */
  of(request: ClassifyRequest): Question[] {
    const { text = "", textPair, texts, labels, template, multiLabel } = request;
    const items = texts ?? [textPair === undefined ? text : { text, textPair }];
    if (labels === undefined) return items.map((item, index) => this.#plain(item, index));
    const { encoder, name } = this.#model;
    const entailment = entailmentOf(this.#model);
    if (!encoder.takesPairs)
      throw new CombotError("ZERO_SHOT_UNSUPPORTED", `labels: the tokenizer of ${name} takes no pairs`);
    const own = new OwnLabels({ labels, template, multiLabel }, entailment, (one) => encoder.formOf(one));
    return items.map((item, index) => this.#labelled(typeof item === "string" ? item : item.text, index, own));
  }

  #plain(item: ClassifyItem, index: number): Question {
    const text = typeof item === "string" ? item : item.text;
    const pair = typeof item === "string" ? undefined : item.textPair;
    checkText(text, index);
    const form = this.#model.encoder.formOf(text);
    if (pair === undefined) return new PlainQuestion(this.#keyOf(form), form, undefined, this.#model);
    const second = this.#pairOf(pair, index);
    return new PlainQuestion(this.#keyOf(pairKeyOf(form, second)), form, second, this.#model);
  }

  #labelled(text: string, index: number, own: OwnLabels): Question {
    checkText(text, index);
    const form = this.#model.encoder.formOf(text);
    return new LabelsQuestion(this.#keyOf(form + own.keySuffix), form, own);
  }

  #pairOf(pair: string, index: number): string {
    const { encoder, name } = this.#model;
    if (!encoder.takesPairs)
      throw new CombotError("INVALID_REQUEST", `textPair: the tokenizer of ${name} takes no pairs`);
    try {
      checkText(pair, index);
    } catch (error) {
      if (!(error instanceof CombotError)) throw error;
      throw new CombotError(error.code, `the textPair of ${error.message}`, { index });
    }
    return encoder.formOf(pair);
  }
}
