import type { JointPlace } from "../../lib/joint-admission.ts";
import type { Run } from "../../lib/protocol/call-timing.ts";
import type { Priority } from "../../lib/priorities.ts";
import type { EncodedText } from "../text/encoder.ts";

/** What the queue has to know of a text. */
export type QueuedText = Pick<EncodedText, "ids"> & { readonly types?: Int32Array | undefined };

/** One text on its way through a worker. The queue alone writes it. */
export interface Job {
  readonly call: Call;
  /** Among all that the call has the model read. */
  readonly index: number;
  /** Of the text in its call that this is read for. */
  readonly text: number;
  readonly ids: Int32Array;
  /** Of each token; undefined where all are 0. */
  readonly types: Int32Array | undefined;
  readonly tokens: number;
  /** When it came to be among those that wait. */
  enqueuedAtMs: number;
  /** Keyed hash of whoever asked; undefined where the call names nobody. */
  readonly user: string | undefined;
  alone: boolean;
  killedAlone: number;
}

/** A row of logits as soon as it is there; `index` counts all that the call has the model read. */
export type OnRow = (index: number, row: Float32Array) => void;

export interface Submission {
  /** Keyed hash of whoever asks. */
  readonly user?: string | undefined;
  /** Aborted when the client has gone: its waiting texts leave the queue. */
  readonly signal?: AbortSignal | undefined;
  /** Default: interactive. */
  readonly priority?: Priority | undefined;
  /**
   * Where a text is read more than once, with one hypothesis after another: which text each is for, from 0, in order.
   * Left out: each is a text of its own.
   */
  readonly textOf?: readonly number[] | undefined;
  /** Takes the rows, which are not kept then. What it throws is what befell that text. */
  readonly onRow?: OnRow | undefined;
  /** Where it is a part of a call that goes to several queues: it is admitted with the others. */
  readonly place?: JointPlace | undefined;
}

/** When a text was given to a worker, and how long it computed: what queueing cost apart from what computing cost. */
export interface Timing {
  readonly startedAtMs: number;
  readonly computeMs: number;
  /** The process that computed it. */
  readonly worker: number;
}

export interface CallOutcome {
  /** Logits, in the order given; none where `onRow` took them. */
  readonly rows: readonly Float32Array[];
  /** The process that computed each. */
  readonly workers: readonly number[];
  /** Longest wait of a text before a worker took it, in ms. */
  readonly queueMs: number;
  /** Longest batch that one of the texts was in, in ms. */
  readonly computeMs: number;
  /** Of the text that was answered last. */
  readonly last?: Run;
}

/** The texts of one request: settled once, as a whole. */
export class Call {
  readonly jobs: readonly Job[];
  /** Each may be read several times. */
  readonly texts: number;
  readonly priority: Priority;
  readonly outcome: Promise<CallOutcome>;
  /** Jobs that no worker has taken, or that came back; the queue's to write. */
  untaken: number;
  readonly #onRow: OnRow | undefined;
  readonly #rows: Float32Array[] = [];
  readonly #workers: (number | undefined)[];
  readonly #settled = Promise.withResolvers<CallOutcome>();
  #entered = 0;
  #missing: number;
  #open = true;
  #queueMs = 0;
  #computeMs = 0;

  constructor(inputs: readonly QueuedText[], { user, textOf, onRow, priority = "interactive" }: Submission) {
    this.priority = priority;
    this.jobs = inputs.map(({ ids, types }, index) => ({
      call: this,
      index,
      text: textOf?.[index] ?? index,
      ids,
      types,
      tokens: ids.length,
      enqueuedAtMs: 0,
      user,
      alone: false,
      killedAlone: 0,
    }));
    this.texts = (this.jobs.at(-1)?.text ?? -1) + 1;
    this.untaken = inputs.length;
    this.#onRow = onRow;
    this.#workers = inputs.map(() => undefined);
    this.#missing = inputs.length;
    this.outcome = this.#settled.promise;
  }

  /** False once it is answered, failed, out of time, or its client has gone. */
  get open(): boolean {
    return this.#open;
  }

  /** Texts are read more than once. */
  get isRepeated(): boolean {
    return this.texts < this.jobs.length;
  }

  /** Places that it takes among the texts that may wait. */
  get places(): number {
    if (!this.isRepeated) return this.untaken;
    return this.untaken > 0 ? this.texts : 0;
  }

  /** Of texts that are read more than once: readings that no worker has taken. */
  get repeated(): number {
    return this.isRepeated ? this.untaken : 0;
  }

  /** The next of its jobs that are to be among those that wait. */
  enter(count: number, nowMs: number): readonly Job[] {
    const entering = this.jobs.slice(this.#entered, this.#entered + count);
    for (const job of entering) job.enqueuedAtMs = nowMs;
    this.#entered += entering.length;
    return entering;
  }

  /** @throws what `onRow` does. */
  answer(job: Job, row: Float32Array, timing: Timing): void {
    if (!this.#open || this.#workers[job.index] !== undefined) return;
    if (this.#onRow) this.#onRow(job.index, row);
    else this.#rows[job.index] = row;
    this.#workers[job.index] = timing.worker;
    this.#queueMs = Math.max(this.#queueMs, timing.startedAtMs - job.enqueuedAtMs);
    this.#computeMs = Math.max(this.#computeMs, timing.computeMs);
    if (--this.#missing > 0) return;
    this.#open = false;
    this.#settled.resolve({
      rows: this.#rows,
      workers: this.#workers as number[],
      queueMs: this.#queueMs,
      computeMs: this.#computeMs,
      last: { queuedAtMs: job.enqueuedAtMs, ...timing },
    });
  }

  fail(error: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#settled.reject(error);
  }
}
