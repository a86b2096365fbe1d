import { Turns } from "../../lib/turns.ts";
import type { Answer } from "../cache/answer.ts";
import type { EncodedText, Encoder } from "../text/encoder.ts";
import type { Flight } from "./flights.ts";
import type { Tally } from "./question.ts";

/** Questions whose texts are encoded at once, as far as these are short. */
const AT_ONCE = 32;
const CHARACTERS_AT_ONCE = 8192;

/** What the model is to read for the questions of one computation, and what becomes of its rows. */
export class Reading {
  readonly encoded: readonly EncodedText[];
  /** The question that each input is for. */
  readonly textOf: readonly number[];
  readonly #tallies: readonly Tally[];
  /** Where each question's inputs begin, and after the last. */
  readonly #bounds: readonly number[];

  constructor(flights: readonly Flight[], encoded: readonly EncodedText[]) {
    const counts = flights.map(({ question }) => question.inputs);
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
  const encoded: EncodedText[] = [];
  const turns = new Turns();
  for (const some of shortRuns(flights)) {
    if (turns.isOver) await turns.next();
    for (const inputs of await Promise.all(some.map(({ question }) => question.encode(encoder))))
      encoded.push(...inputs);
  }
  return new Reading(flights, encoded);
}

/** What is encoded at once: its results come in one turn of the event loop. */
function* shortRuns(flights: readonly Flight[]): Generator<Flight[]> {
  let run: Flight[] = [];
  let characters = 0;
  for (const flight of flights) {
    const { text } = flight.question.key;
    if (run.length === AT_ONCE || (run.length > 0 && characters + text.length > CHARACTERS_AT_ONCE)) {
      yield run;
      run = [];
      characters = 0;
    }
    run.push(flight);
    characters += text.length;
  }
  yield run;
}
