import { CombotError } from "../../lib/errors.ts";
import type { JointPlace } from "../../lib/joint-admission.ts";
import type { Priority } from "../../lib/priorities.ts";
import { Turns } from "../../lib/turns.ts";
import type { Answer } from "../cache/answer.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { Hit, Lookup } from "../cache/tier.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { EncodedText } from "../text/encoder.ts";
import { blameless, Flight } from "./flights.ts";
import type { Landing, Passenger } from "./flights.ts";
import { readingOf } from "./reading.ts";
import type { Question } from "./question.ts";
import { SlotMap } from "./slot-map.ts";

/** Has workers read texts; see Queue.submit for what it throws. */
export type Compute = (
  inputs: readonly EncodedText[],
  submission: {
    user: string | undefined;
    signal: AbortSignal;
    textOf: readonly number[];
    onRow: (index: number, row: Float32Array) => void;
    place: JointPlace | undefined;
    priority: Priority;
  },
) => Promise<{
  /** The process that computed each row. */
  workers: readonly number[];
  /** Longest wait of one of them, and the longest batch, in ms. */
  queueMs: number;
  computeMs: number;
}>;

export interface DeparturesOptions {
  readonly model: ServedModel;
  readonly cache: AnswerCache;
  readonly compute: Compute;
}

/** Made once: an error of its own for each would be the dearest part of a request. */
const NOBODY_WAITS = new Error("nobody waits any more");

/** A place on a flight, or the answer at once. */
export type Seat = Hit | { readonly flight: Flight; readonly joined: boolean };

/** The flight of a call that asks one thing, and began it. */
export function onlyFlight([seat, ...others]: readonly Seat[]): Flight | undefined {
  return seat && "flight" in seat && !seat.joined && others.length === 0 ? seat.flight : undefined;
}

/** Equal questions that are under way at the same time are looked up and computed once, in whichever calls they came. */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #flights = new SlotMap<string, Flight>();

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** @param passenger the call; it leaves every flight that it boards, whatever comes of it. */
  seat(question: Question, lookup: Lookup, passenger: Passenger): Seat {
    const { cache } = this.#options;
    const { key } = question;
    const known = this.#flights.get(key.text);
    if (known?.serves(lookup.topK, passenger)) {
      known.board(passenger);
      return { flight: known, joined: true };
    }
    const found = cache.find(key, lookup);
    if (found && !(found instanceof Promise)) return found;
    const flight = this.#prepare(question, lookup.topK, true, found, passenger);
    this.#flights.set(key.text, flight);
    return { flight, joined: false };
  }

  /** A seat of its own, past the cache. */
  charter(question: Question, topK: number, passenger: Passenger): Seat {
    return { flight: this.#prepare(question, topK, false, undefined, passenger), joined: false };
  }

  /**
   * Takes off with those of one call: what Redis has lands at once, the rest is computed together.
   *
   * @param user keyed hash of whoever asks. @param owner the call. @param place it is a part of a larger one.
   * @returns as soon as Redis has said what it has: whether that was all of them.
   */
  async depart(
    flights: readonly Flight[],
    user: string | undefined,
    owner: Passenger,
    place?: JointPlace,
  ): Promise<boolean> {
    const hits = await Promise.all(flights.map((flight) => this.#landFromRedis(flight)));
    const missed = flights.filter((_, at) => !hits[at]);
    if (missed.length > 0) void this.#compute(missed, user, owner, place);
    else place?.leave();
    return missed.length === 0;
  }

  #prepare(
    question: Question,
    topK: number,
    shared: boolean,
    lookup: Promise<Hit | undefined> | undefined,
    passenger: Passenger,
  ): Flight {
    const flight = new Flight(question, { topK, shared, priority: passenger.priority, lookup });
    flight.board(passenger);
    return flight;
  }

  /** Lands with what Redis had, for all who wait for it. */
  landWith(flight: Flight, { answer }: Hit): Landing {
    const landing = { answer, source: "redis" } as const;
    this.#forget(flight);
    flight.land(landing);
    return landing;
  }

  async #landFromRedis(flight: Flight): Promise<boolean> {
    const hit = flight.lookup && (await flight.lookup);
    if (hit) this.landWith(flight, hit);
    return hit !== undefined;
  }

  async #compute(
    flights: readonly Flight[],
    user: string | undefined,
    owner: Passenger | undefined,
    place?: JointPlace,
  ): Promise<void> {
    const { model, compute } = this.#options;
    const abort = new AbortController();
    const abandon = (): void => {
      if (!flights.some((flight) => flight.isWanted)) abort.abort(NOBODY_WAITS);
    };
    for (const flight of flights) flight.onAbandoned = abandon;
    abandon();
    try {
      const reading = await readingOf(flights, model.encoder);
      const { encoded, textOf, onRow } = reading;
      const priority = flights[0]?.priority ?? "interactive";
      const outcome = await compute(encoded, { user, signal: abort.signal, textOf, onRow, place, priority });
      for (const flight of flights) flight.tellTimes(outcome);
      const turns = new Turns();
      for (const [at, flight] of flights.entries()) {
        this.#arrive(flight, reading.answerOf(at), outcome.workers[reading.firstOf(at)]);
        if (turns.isOver) await turns.next();
      }
    } catch (error) {
      place?.leave();
      await this.#divert(flights, error, owner);
    }
  }

  #arrive(flight: Flight, answer: Answer, worker: number | undefined): void {
    if (flight.shared) this.#options.cache.keep(flight.question.key, answer, worker);
    this.#forget(flight);
    flight.land({ answer, source: "computed" });
  }

  async #divert(flights: readonly Flight[], error: unknown, owner: Passenger | undefined): Promise<void> {
    const again = blameless(flights, error, owner);
    const blamed = error instanceof CombotError && error.index !== undefined ? flights[error.index] : undefined;
    for (const flight of flights) {
      if (again.includes(flight)) continue;
      this.#forget(flight);
      // Its call fails by the text that is to blame, which is named by its place.
      if (blamed === undefined || flight === blamed) flight.fail(error);
    }
    await Promise.all(again.map((flight) => this.#compute([flight], undefined, undefined)));
  }

  #forget(flight: Flight): void {
    const { text } = flight.question.key;
    if (this.#flights.get(text) === flight) this.#flights.delete(text);
  }
}
