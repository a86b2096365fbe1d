import { CombotError } from "../../lib/errors.ts";
import type { ServedModel } from "../model/served-model.ts";

/** Where a model of natural-language inference says what follows, and what doesn't. */
export interface Entailment {
  /** Index of the label that says that the second text follows from the first. */
  readonly yes: number;
  /** Of the one that says that it does not. */
  readonly no: number;
}

const YES = /^entail/iu;
const NO = /^(?:contradict|(?:not|non|no)[ _-]*entail)/iu;

/**
 * By the names of the labels. Where none is the opposite by name, it is the one that Hugging Face's zero-shot pipeline
 * takes: the first, or the last where the first is the entailment. It takes that one without looking at names, which
 * comes to the same for the orders that such models come in, and is the neutral one for the others.
 *
 * @throws {CombotError} `ZERO_SHOT_UNSUPPORTED` saying what the model's labels are.
 */
export function entailmentOf({ name, labels, activation }: ServedModel): Entailment {
  const yes = labels.findIndex((label) => YES.test(label));
  if (yes < 0 || labels.length < 2 || labels.length > 3)
    throw unsupported(
      `${name} has the labels ${listed(labels)}, where entailment, neutral and contradiction are needed`,
    );
  if (activation === "none")
    throw unsupported(`the graph of ${name} gives scores, where the logits of entailment are needed`);
  const named = labels.findIndex((label) => NO.test(label));
  return { yes, no: named >= 0 ? named : yes === 0 ? labels.length - 1 : 0 };
}

function unsupported(detail: string): CombotError {
  return new CombotError("ZERO_SHOT_UNSUPPORTED", `labels: ${detail}`);
}

const LISTED = 5;

function listed(labels: readonly string[]): string {
  const more = labels.length > LISTED ? ` and ${labels.length - LISTED} more` : "";
  return labels.slice(0, LISTED).join(", ") + more;
}
