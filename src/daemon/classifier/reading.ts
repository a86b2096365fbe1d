import { Turns } from "../../lib/turns.ts";
import type { Answer } from "../cache/answer.ts";
import type { EncodedText, Encoder, TextInput } from "../text/encoder.ts";
import type { Flight } from "./flights.ts";
import type { Tally } from "./question.ts";

/** Inputs encoded at once: of long texts a call has a thousand. */
const AT_ONCE = 32;

/** What the model is to read for the questions of one computation, and what becomes of its rows. */
export class Reading {
  readonly encoded: readonly EncodedText[];
  /** The question that each input is for. */
  readonly textOf: readonly number[];
  readonly #tallies: readonly Tally[];
  /** Where each question's inputs begin, and after the last. */
  readonly #bounds: readonly number[];

  constructor(flights: readonly Flight[], encoded: readonly EncodedText[], counts: readonly number[]) {
    this.encoded = encoded;
    this.#tallies = flights.map(({ question, keep }) => question.tally(keep));
    this.textOf = counts.flatMap((count, at) => Array<number>(count).fill(at));
    const bounds = [0];
    for (const count of counts) bounds.push((bounds.at(-1) ?? 0) + count);
    this.#bounds = bounds;
  }

  /** Turns each row to what its answer needs as it comes, so that nobody holds 256 rows of 20,000 labels. */
  readonly onRow = (index: number, row: Float32Array): void => {
    const question = this.textOf[index] ?? -1;
    this.#tallies[question]?.add(index - this.firstOf(question), row);
  };

  firstOf(question: number): number {
    return this.#bounds[question] ?? 0;
  }

  answerOf(question: number): Answer {
    const own = this.encoded.slice(this.#bounds[question], this.#bounds[question + 1]);
    const tally = this.#tallies[question];
    if (!tally) throw new RangeError(`no question ${question}`);
    return tally.answer(own.some(({ truncated }) => truncated));
  }
}

export async function readingOf(flights: readonly Flight[], encoder: Encoder): Promise<Reading> {
  const inputs = flights.map(({ question }) => question.inputs());
  const encoded = await encodeAll(encoder, inputs.flat());
  const counts = inputs.map(({ length }) => length);
  return new Reading(flights, encoded, counts);
}

async function encodeAll(encoder: Encoder, inputs: readonly TextInput[]): Promise<EncodedText[]> {
  const encoded: EncodedText[] = [];
  const turns = new Turns();
  for (let at = 0; at < inputs.length; at += AT_ONCE) {
    if (turns.isOver) await turns.next();
    const some = inputs.slice(at, at + AT_ONCE);
    encoded.push(...(await Promise.all(some.map(async (input) => encoder.encode(input)))));
  }
  return encoded;
}
