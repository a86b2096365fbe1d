import { CombotError } from "../../lib/errors.ts";
import { DEFAULT_TEMPLATE } from "../../lib/protocol/limits.ts";
import type { Answer } from "../cache/answer.ts";
import type { TextKey } from "../cache/keys.ts";
import type { EncodedText, Encoder } from "../text/encoder.ts";
import type { Entailment } from "./entailment.ts";
import type { Question, Tally } from "./question.ts";
import { ranked, softmax } from "./scores.ts";

/** What a call asks with labels of its own. */
export interface LabelsAsked {
  readonly labels: readonly string[];
  readonly template?: string | undefined;
  readonly multiLabel?: boolean | undefined;
}

/**
 * Labels of a call's own: each becomes a hypothesis, and a label's score is how far that follows from the text. As
 * Hugging Face's ZeroShotClassificationPipeline has it: a softmax over the entailment logits of all labels, or for labels
 * that stand each by itself, and for a single one, a softmax of entailment against contradiction.
 */
export class OwnLabels {
  /** In one order, whatever order the call gave them in: it is one question, and one entry of the cache. */
  readonly labels: readonly string[];
  readonly hypotheses: readonly string[];
  /** What stands behind the text in a key: no text and no pair has two NULs on end. */
  readonly keySuffix: string;
  /** Each label's place in the call. */
  readonly places: readonly number[];
  readonly #entailment: Entailment;
  readonly #apart: boolean;

  /** @param formOf the form in which the model reads a text. */
  constructor(asked: LabelsAsked, entailment: Entailment, formOf: (text: string) => string) {
    const { labels, template = DEFAULT_TEMPLATE, multiLabel = false } = asked;
    this.labels = labels.toSorted();
    this.places = this.labels.map((label) => labels.indexOf(label));
    const [before = "", after = ""] = template.split("{}");
    this.hypotheses = this.labels.map((label) => formOf(before + label + after));
    this.#entailment = entailment;
    this.#apart = multiLabel || labels.length === 1;
    this.keySuffix = ["\0", this.#apart ? "each" : "one", template, ...this.labels].join("\0");
  }

  /** @param logits of entailment, and of its opposite, by label. */
  scoresOf(entailed: Float64Array, opposed: Float64Array): Float64Array {
    if (this.#apart) return entailed.map((logit, at) => 1 / (1 + Math.exp((opposed[at] ?? 0) - logit)));
    softmax(entailed);
    return entailed;
  }

  tally(): Tally {
    const entailed = new Float64Array(this.labels.length);
    const opposed = new Float64Array(this.labels.length);
    const { yes, no } = this.#entailment;
    return {
      add: (at, row) => {
        if (!row.every(Number.isFinite))
          throw new CombotError("INFERENCE_FAILED", "the model gave logits that are no numbers");
        entailed[at] = row[yes] ?? 0;
        opposed[at] = row[no] ?? 0;
      },
      answer: (truncated) => ranked(this.scoresOf(entailed, opposed), truncated),
    };
  }
}

/** A text, with labels of the call's own. */
export class LabelsQuestion implements Question {
  readonly key: TextKey;
  readonly plainText = undefined;
  readonly #text: string;
  readonly #own: OwnLabels;

  constructor(key: TextKey, text: string, own: OwnLabels) {
    this.key = key;
    this.#text = text;
    this.#own = own;
  }

  get labels(): readonly string[] {
    return this.#own.labels;
  }

  get inputs(): number {
    return this.#own.hypotheses.length;
  }

  encode(encoder: Encoder): Promise<readonly EncodedText[]> {
    return encoder.encodePairs(this.#text, this.#own.hypotheses);
  }

  tally(): Tally {
    return this.#own.tally();
  }

  /** Equal ones in the order in which the call gave them. */
  told({ ranking, millionths, truncated }: Answer): Answer {
    const { places } = this.#own;
    const rows = ranking.map((label, at) => ({ label, part: millionths[at] ?? 0 }));
    rows.sort((a, b) => b.part - a.part || (places[a.label] ?? 0) - (places[b.label] ?? 0));
    return { ranking: rows.map(({ label }) => label), millionths: rows.map(({ part }) => part), truncated };
  }
}
