import { CombotError } from "../../lib/errors.ts";
import type { JointPlace } from "../../lib/joint-admission.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { AskedRequest, ClassifyReply, ClassifyResult } from "../../lib/protocol/classify.ts";
import type { Wanted } from "../../lib/protocol/decision.ts";
import { MAX_SCORES } from "../../lib/protocol/limits.ts";
import { bestOf, scoreAt } from "../cache/answer.ts";
import type { Answer } from "../cache/answer.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { UserHash } from "../text/user-hash.ts";
import { Departures, onlyFlight } from "./departures.ts";
import type { Compute, Seat } from "./departures.ts";
import { lengthen, reindexed } from "./flights.ts";
import type { Flight, Landing, Passenger } from "./flights.ts";
import type { Judge } from "./judge.ts";
import { Judges } from "./judges.ts";
import { orGone } from "./or-gone.ts";
import type { Question } from "./question.ts";
import { Questions, isLarge } from "./questions.ts";

export interface ClassifierOptions {
  readonly model: ServedModel;
  readonly cache: AnswerCache;
  readonly compute: Compute;
  readonly hashUser: UserHash;
  /** Counts a user, by keyed hash, whose answer no worker computed for it. */
  readonly creditUser: (user: string) => void;
  /** Told each question that was answered, and what is replied. */
  readonly onAnswered: (question: Question, result: ClassifyResult) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** What a call is to be told of each answer. */
interface Told {
  readonly topK: number;
  readonly judge: Judge | undefined;
  /** Labels that an answer must have for both. */
  readonly needs: number;
  /** Among what the cache was good for. */
  readonly isCounted: boolean;
}

/** A call, and what goes with it. */
interface Asked {
  readonly request: AskedRequest;
  readonly told: Told;
  readonly hangUp: () => AbortSignal;
  readonly timing: CallTiming | undefined;
  readonly place: JointPlace | undefined;
  /** When it came. */
  readonly from: number;
}

/** From a request to its reply: look up, tokenise, compute, score. */
export class Classifier {
  readonly #options: ClassifierOptions;
  readonly #departures: Departures;
  readonly #questions: Questions;
  readonly #modelKey: string;
  readonly #judges: Judges;
  #openCalls = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: ClassifierOptions) {
    this.#options = options;
    this.#departures = new Departures(options);
    this.#modelKey = options.model.digest.slice(0, 12);
    this.#questions = new Questions(options.model, (text) => options.cache.keyOf(this.#modelKey, text));
    this.#judges = new Judges(options.model, options.model.settings);
  }

  /** From here on: of the same model, whose owner wants something else of it. */
  judgeBy(wanted: Wanted): void {
    this.#judges.judgeBy(wanted);
  }

  /** What decides of answers here, in a word: of others nothing can be told by it. */
  get basis(): string {
    return `${this.#modelKey}-${this.#judges.basis}`;
  }

  /** Whether answers are decided of where a call says nothing. */
  get decides(): boolean {
    return this.#judges.decides;
  }

  get model(): ServedModel {
    return this.#options.model;
  }

  /**
   * At once where all of its answers are at hand.
   *
   * @param hangUp makes a signal that is aborted when the client has gone; not asked for where the answer is at hand.
   * @param timing is written where a worker computed. @param place where other models are asked in the same call.
   * @throws {CombotError} `INVALID_TEXT` with the text's index, `INVALID_REQUEST`, `ZERO_SHOT_UNSUPPORTED`, or what the
   * queue throws.
   */
  classify(
    request: AskedRequest,
    hangUp: () => AbortSignal,
    timing?: CallTiming,
    place?: JointPlace,
  ): ClassifyReply | Promise<ClassifyReply> {
    const from = this.#options.now();
    const asked = { request, told: this.#toldOf(request), hangUp, timing, place, from };
    return isLarge(request) ? this.#classifyInTurns(asked) : this.#answer(this.#questions.of(request), asked);
  }

  async #classifyInTurns(asked: Asked): Promise<ClassifyReply> {
    this.#openCalls += 1;
    try {
      return await this.#answer(await this.#questions.inTurns(asked.request), asked);
    } finally {
      this.#closeCall();
    }
  }

  #answer(questions: readonly Question[], asked: Asked): ClassifyReply | Promise<ClassifyReply> {
    const { request, told } = asked;
    const call: Passenger = { priority: request.priority ?? "interactive" };
    const seats = questions.map((question) => this.#seat(question, told, request.noCache ?? false, call));
    if (seats.some((seat) => "flight" in seat)) return this.#answerWhenLanded(questions, seats, call, asked);
    const results = seats.map((seat, at) => this.#atHand(questions[at]!, seat, told, request.user));
    return this.#replyOf(questions, results, asked);
  }

  async #answerWhenLanded(
    questions: readonly Question[],
    seats: readonly Seat[],
    call: Passenger,
    asked: Asked,
  ): Promise<ClassifyReply> {
    const results = await this.#await(questions, seats, call, asked);
    if (asked.timing) for (const seat of seats) if ("flight" in seat) lengthen(asked.timing, seat.flight);
    return this.#replyOf(questions, results, asked);
  }

  #replyOf(
    questions: readonly Question[],
    results: ClassifyResult[],
    { request, from }: Pick<Asked, "request" | "from">,
  ): ClassifyReply {
    const { model, now, onAnswered } = this.#options;
    for (let at = 0; !request.isTest && at < results.length; at++) onAnswered(questions[at]!, results[at]!);
    return {
      results,
      model: { name: model.name, digest: this.#modelKey },
      durationMs: Math.round((now() - from) * 1000) / 1000,
    };
  }

  /** Resolves when every call is answered, those too that have not come to the queue yet. */
  async whenIdle(): Promise<void> {
    if (this.#openCalls > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #toldOf(request: AskedRequest): Told {
    const { topK = 1, labels } = request;
    const { length } = labels ?? this.#options.model.labels;
    if (topK > length) throw new CombotError("INVALID_REQUEST", `topK: at most ${length}, the number of labels`);
    const judge = this.#judges.of(request);
    const needs = Math.max(topK, judge?.needs ?? 1);
    const scores = (request.texts?.length ?? 1) * needs;
    if (needs === topK || scores <= MAX_SCORES) return { topK, judge, needs, isCounted: !request.isTest };
    const made = `${scores / needs} texts × ${length} labels make ${scores}`;
    throw new CombotError("INVALID_REQUEST", `candidates: ${made}, at most ${MAX_SCORES} a call`);
  }

  #seat(question: Question, { needs: topK, isCounted }: Told, noCache: boolean, call: Passenger): Seat {
    if (noCache) return this.#departures.charter(question, topK, call);
    const seat = this.#departures.seat(question, { labels: question.labels.length, topK, isCounted }, call);
    if (!("flight" in seat) && isCounted) this.#options.cache.hit();
    return seat;
  }

  #atHand(question: Question, seat: Seat, told: Told, user: string | undefined): ClassifyResult {
    if ("flight" in seat) throw new Error("not at hand");
    const { hashUser, creditUser } = this.#options;
    if (user !== undefined) creditUser(hashUser(user));
    return resultOf(question, seat.answer, told, seat.tier, false);
  }

  async #await(
    questions: readonly Question[],
    seats: readonly Seat[],
    call: Passenger,
    { request, told, hangUp, place }: Asked,
  ): Promise<ClassifyResult[]> {
    const { hashUser, creditUser } = this.#options;
    const user = request.user === undefined ? undefined : hashUser(request.user);
    this.#openCalls += 1;
    try {
      // Most calls ask one thing, which needs nothing of what several wait for each other by.
      const alone = onlyFlight(seats);
      const hit = alone?.lookup && (await alone.lookup);
      if (alone && hit) {
        place?.leave();
        if (user !== undefined) creditUser(user);
        return [this.#landed(questions[0]!, alone, this.#departures.landWith(alone, hit), told, false)];
      }
      const own = seats.flatMap((seat) => ("flight" in seat && !seat.joined ? [seat.flight] : []));
      const isJoining = seats.some((seat) => "flight" in seat && seat.joined);
      const landing = Promise.all(seats.map((seat, index) => this.#land(questions[index]!, seat, told, index)));
      // Those who wait for another's may be failed before Redis has answered, and this before anybody waits for it.
      landing.catch(() => undefined);
      const isLanded = (await this.#departures.depart(own, user, call, place)) && !isJoining;
      // What Redis has is there in a moment: nobody need be told of a client that goes meanwhile.
      const results = await (isLanded ? landing : orGone(landing, hangUp()));
      const isComputedForIt = results.some(({ cached, coalesced }) => cached === false && coalesced === undefined);
      if (user !== undefined && !isComputedForIt) creditUser(user);
      return results;
    } finally {
      for (const seat of seats) if ("flight" in seat) seat.flight.leave(call);
      this.#closeCall();
    }
  }

  #closeCall(): void {
    this.#openCalls -= 1;
    if (this.#openCalls === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #land(question: Question, seat: Seat, told: Told, index: number): Promise<ClassifyResult> {
    if (!("flight" in seat)) return resultOf(question, seat.answer, told, seat.tier, false);
    const { flight, joined } = seat;
    try {
      return this.#landed(question, flight, await flight.landed, told, joined);
    } catch (error) {
      throw reindexed(error, index);
    }
  }

  #landed(
    question: Question,
    flight: Flight,
    { answer, source }: Landing,
    told: Told,
    joined: boolean,
  ): ClassifyResult {
    if (told.isCounted) this.#count(flight, source, joined);
    const isComputed = source === "computed";
    return resultOf(question, answer, told, isComputed ? false : source, joined && isComputed);
  }

  #count({ shared }: Flight, source: "redis" | "computed", joined: boolean): void {
    const { cache } = this.#options;
    if (!shared) return;
    if (source === "redis") cache.hit();
    else if (joined) cache.joined();
    else cache.miss();
  }
}

function resultOf(
  question: Question,
  kept: Answer,
  { topK, judge }: Told,
  cached: ClassifyResult["cached"],
  coalesced: boolean,
): ClassifyResult {
  const { labels } = question;
  const whole = question.told(kept);
  const answer = judge ? judge.among(whole) : whole;
  const result: ClassifyResult = {
    label: labels[answer.ranking[0] ?? -1] ?? "",
    score: scoreAt(answer.millionths, 0),
    cached,
  };
  if (topK > 1) result.scores = bestOf(answer, labels, topK);
  if (coalesced) result.coalesced = true;
  if (answer.truncated) result.truncated = true;
  if (judge) judge.mark(result, whole, answer);
  return result;
}
