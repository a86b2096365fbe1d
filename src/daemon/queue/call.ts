import type { CombotError } from "../../lib/errors.ts";
import type { EncodedText } from "../text/encoder.ts";

/** What the queue has to know of a text. */
export type QueuedText = Pick<EncodedText, "ids"> & { readonly types?: Int32Array | undefined };

/** One text on its way through a worker. The queue alone writes it. */
export interface Job {
  readonly call: Call;
  /** Of the text in its call. */
  readonly index: number;
  readonly ids: Int32Array;
  /** Of each token; undefined where all are 0. */
  readonly types: Int32Array | undefined;
  readonly tokens: number;
  readonly enqueuedAtMs: number;
  /** Keyed hash of whoever asked; undefined where the call names nobody. */
  readonly user: string | undefined;
  alone: boolean;
  killedAlone: number;
}

/** When a text was given to a worker, and how long it computed: what queueing cost apart from what computing cost. */
export interface Timing {
  readonly startedAtMs: number;
  readonly computeMs: number;
  /** The process that computed it. */
  readonly worker: number;
}

export interface CallOutcome {
  /** Logits, in the order of the texts. */
  readonly rows: readonly Float32Array[];
  /** The process that computed each. */
  readonly workers: readonly number[];
  /** Longest wait of a text before a worker took it, in ms. */
  readonly queueMs: number;
  /** Longest batch that one of the texts was in, in ms. */
  readonly computeMs: number;
}

/** The texts of one request: settled once, as a whole. */
export class Call {
  readonly jobs: readonly Job[];
  readonly outcome: Promise<CallOutcome>;
  readonly #rows: (Float32Array | undefined)[];
  readonly #workers: number[] = [];
  readonly #settled = Promise.withResolvers<CallOutcome>();
  #missing: number;
  #open = true;
  #queueMs = 0;
  #computeMs = 0;

  constructor(texts: readonly QueuedText[], nowMs: number, user: string | undefined) {
    this.jobs = texts.map(({ ids, types }, index) => ({
      call: this,
      index,
      ids,
      types,
      tokens: ids.length,
      enqueuedAtMs: nowMs,
      user,
      alone: false,
      killedAlone: 0,
    }));
    this.#rows = texts.map(() => undefined);
    this.#missing = texts.length;
    this.outcome = this.#settled.promise;
  }

  /** False once it is answered, failed, out of time, or its client has gone. */
  get open(): boolean {
    return this.#open;
  }

  answer(job: Job, row: Float32Array, timing: Timing): void {
    if (!this.#open || this.#rows[job.index]) return;
    this.#rows[job.index] = row;
    this.#workers[job.index] = timing.worker;
    this.#queueMs = Math.max(this.#queueMs, timing.startedAtMs - job.enqueuedAtMs);
    this.#computeMs = Math.max(this.#computeMs, timing.computeMs);
    if (--this.#missing > 0) return;
    this.#open = false;
    this.#settled.resolve({
      rows: this.#rows as Float32Array[],
      workers: this.#workers,
      queueMs: this.#queueMs,
      computeMs: this.#computeMs,
    });
  }

  fail(error: CombotError): void {
    if (!this.#open) return;
    this.#open = false;
    this.#settled.reject(error);
  }
}
