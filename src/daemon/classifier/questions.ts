import { CombotError } from "../../lib/errors.ts";
import { Turns } from "../../lib/turns.ts";
import type { ClassifyItem, ClassifyRequest } from "../../lib/protocol/classify.ts";
import type { TextKey } from "../cache/keys.ts";
import type { ServedModel } from "../model/served-model.ts";
import { checkText } from "../text/check.ts";
import { entailmentOf } from "./entailment.ts";
import { PlainQuestion, pairKeyOf } from "./question.ts";
import type { Question } from "./question.ts";
import { LabelsQuestion, OwnLabels } from "./zero-shot.ts";

/** Of all texts of a call: what is more is read in turns. */
const MOST_CHARACTERS_AT_ONCE = 32_768;

export function isLarge(request: ClassifyRequest): boolean {
  return charactersOf(request) > MOST_CHARACTERS_AT_ONCE;
}

/** Of all its texts. */
export function charactersOf({ text = "", textPair = "", texts = [] }: ClassifyRequest): number {
  let characters = text.length + textPair.length;
  for (const item of texts)
    characters += typeof item === "string" ? item.length : item.text.length + (item.textPair?.length ?? 0);
  return characters;
}

function itemsOf({ text = "", textPair, texts }: ClassifyRequest): readonly ClassifyItem[] {
  return texts ?? [textPair === undefined ? text : { text, textPair }];
}

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
    return itemsOf(request).map(this.#makerFor(request));
  }

  /** As `of`, in short turns of the event loop: a mebibyte of short texts takes 50 ms to bring to their one form. */
  async inTurns(request: ClassifyRequest): Promise<Question[]> {
    const make = this.#makerFor(request);
    const turns = new Turns();
    // The turn in which its body was parsed has done enough.
    await turns.next();
    const questions: Question[] = [];
    for (const [index, item] of itemsOf(request).entries()) {
      if (turns.isOver) await turns.next();
      questions.push(make(item, index));
    }
    return questions;
  }

  #makerFor({ labels, template, multiLabel }: ClassifyRequest): (item: ClassifyItem, index: number) => Question {
    if (labels === undefined) return (item, index) => this.#plain(item, index);
    const { encoder, name } = this.#model;
    const entailment = entailmentOf(this.#model);
    if (!encoder.takesPairs)
      throw new CombotError("ZERO_SHOT_UNSUPPORTED", `labels: the tokenizer of ${name} takes no pairs`);
    const own = new OwnLabels({ labels, template, multiLabel }, entailment, (one) => encoder.formOf(one));
    return (item, index) => this.#labelled(typeof item === "string" ? item : item.text, index, own);
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
