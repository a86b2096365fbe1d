import { CombotError, reworded } from "../../lib/errors.ts";
import { RefusedElsewhere } from "../../lib/joint-admission.ts";
import type { CallTiming, Run } from "../../lib/protocol/call-timing.ts";
import type { Priority } from "../../lib/priorities.ts";
import type { Answer } from "../cache/answer.ts";
import { keptCount } from "../cache/answer.ts";
import type { Hit } from "../cache/tier.ts";
import type { Question } from "./question.ts";

/** What came of a text: found in Redis, or computed. */
export interface Landing {
  readonly answer: Answer;
  readonly source: "redis" | "computed";
}

/** How long it took, as the queue tells it. */
interface Times {
  readonly queueMs: number;
  readonly computeMs: number;
  readonly last?: Run;
}

/** A call that waits for texts; its identity counts, and whether it lets others go first. */
export interface Passenger {
  readonly priority: Priority;
}

/** One question on its way to an answer, for every call that waits for it. */
export class Flight {
  readonly question: Question;
  /** Labels wanted by whoever began it. */
  readonly topK: number;
  /** Its answer is to be kept, and shared with those that come meanwhile. */
  readonly shared: boolean;
  /** Of the call that began it. */
  readonly priority: Priority;
  /** What Redis says of it, where it was asked. */
  readonly lookup: Promise<Hit | undefined> | undefined;
  /** Once it is computed: how long it waited, and how long that took, in ms. */
  queueMs = 0;
  computeMs = 0;
  last: Run | undefined;
  /** Told when nobody waits any more. */
  onAbandoned: () => void = () => undefined;
  /** Most have one passenger, and nobody who waits apart from its call: what more take is made when they come. */
  #first: Passenger | undefined;
  #others: Set<Passenger> | undefined;
  #settled: PromiseWithResolvers<Landing> | undefined;
  #landing: Landing | undefined;

  constructor(
    question: Question,
    { topK, shared, priority, lookup }: Pick<Flight, "topK" | "shared" | "priority" | "lookup">,
  ) {
    this.question = question;
    this.topK = topK;
    this.shared = shared;
    this.priority = priority;
    this.lookup = lookup;
  }

  get landed(): Promise<Landing> {
    return this.#landing ? Promise.resolve(this.#landing) : this.#waited().promise;
  }

  /** Labels that its answer is to have: those wanted, and those that are kept. */
  get keep(): number {
    return Math.max(this.topK, keptCount(this.question.labels.length));
  }

  /** Whether it comes soon enough for a call, and with enough labels. */
  serves(topK: number, { priority }: Passenger): boolean {
    return this.topK >= topK && (this.priority === "interactive" || priority === "batch");
  }

  get isWanted(): boolean {
    return this.#count > 0;
  }

  isWantedBeside(owner: Passenger | undefined): boolean {
    return this.#count > (owner !== undefined && this.#has(owner) ? 1 : 0);
  }

  board(passenger: Passenger): void {
    if (this.#has(passenger)) return;
    if (this.#first === undefined) this.#first = passenger;
    else (this.#others ??= new Set()).add(passenger);
  }

  leave(passenger: Passenger): void {
    if (this.#first === passenger) this.#first = undefined;
    else this.#others?.delete(passenger);
    if (!this.isWanted) this.onAbandoned();
  }

  get #count(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  #has(passenger: Passenger): boolean {
    return this.#first === passenger || this.#others?.has(passenger) === true;
  }

  /** It is computed, and about to land: nobody's leaving ends anything any more. */
  tellTimes({ queueMs, computeMs, last }: Times): void {
    this.onAbandoned = () => undefined;
    this.queueMs = queueMs;
    this.computeMs = computeMs;
    this.last = last;
  }

  land(landing: Landing): void {
    this.#landing = landing;
    this.#settled?.resolve(landing);
  }

  fail(error: unknown): void {
    this.#waited().reject(error);
  }

  #waited(): PromiseWithResolvers<Landing> {
    if (this.#settled) return this.#settled;
    const settled = Promise.withResolvers<Landing>();
    // Nobody may be waiting any more when it fails.
    settled.promise.catch(() => undefined);
    this.#settled = settled;
    return settled;
  }
}

/** What keeps a call of many texts out says nothing about one of them alone. */
const OF_THE_WHOLE_CALL: readonly string[] = ["QUEUE_FULL", "INVALID_REQUEST"];

/**
 * The flights of a failed computation that are not to blame and that other calls wait for: to be tried again without
 * the call that began them. A failure is never cached; whoever it is about gets it.
 */
export function blameless(flights: readonly Flight[], error: unknown, owner: Passenger | undefined): Flight[] {
  if (error instanceof RefusedElsewhere) return flights.filter((flight) => flight.isWantedBeside(owner));
  if (!(error instanceof CombotError) || flights.length < 2) return [];
  const { index, code } = error;
  if (index === undefined && !OF_THE_WHOLE_CALL.includes(code)) return [];
  return flights.filter((flight, at) => at !== index && flight.isWantedBeside(owner));
}

/** The same failure, naming a text by its index in another call. */
export function reindexed(error: unknown, index: number): unknown {
  if (!(error instanceof CombotError) || error.index === undefined || error.index === index) return error;
  return reworded(error, error.message.replace(/^text \d+/u, `text ${index}`), index);
}

/** By what this text took, where it took longer than the others. */
export function lengthen(timing: CallTiming, { queueMs, computeMs, last }: Flight): void {
  timing.queueMs = Math.max(timing.queueMs, queueMs);
  timing.computeMs = Math.max(timing.computeMs, computeMs);
  const { steps } = timing;
  if (steps && last && last.startedAtMs >= (steps.run?.startedAtMs ?? -Infinity)) steps.run = last;
}
