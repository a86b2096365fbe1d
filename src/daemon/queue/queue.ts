import { CombotError } from "../../lib/errors.ts";
import { BATCH_LIMITS, halved, pickBatch } from "../policy/batch.ts";
import type { BatchLimits, Batching } from "../policy/batch.ts";
import { PRIORITIES } from "../../lib/priorities.ts";
import type { Priority } from "../../lib/priorities.ts";
import { judgeText } from "../policy/poison.ts";
import type { BatchFate } from "../policy/poison.ts";
import { givingWay, isAged, nextPriority } from "../policy/priority.ts";
import { Call } from "./call.ts";
import type { CallOutcome, Job, QueuedText, Submission, Timing } from "./call.ts";

export interface QueueOptions {
  /** Texts that may wait. */
  readonly maxTexts: number;
  /** Wall-clock allowance of a call, queueing included. */
  readonly requestTimeoutMs: number;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** What may be taken at once, asked each time: it shrinks when memory is high. */
  readonly batchLimits?: () => BatchLimits;
  /** How texts may share a batch, asked each time: it is not known before the model was tried. */
  readonly batching?: () => Batching;
}

/**
 * Of a call that has texts read more than once so many wait at a time, and more as these are taken: a text that comes
 * meanwhile is behind some of them and not behind a thousand. Enough for a batch of each of two workers.
 */
const REPEATED_AT_ONCE = 16;
/** Of all such calls together, at most: their tokens are held until they are taken. */
const MOST_REPEATED = 16_384;

/** Owns the requests: the only one that admits, hands out, takes back and settles a text. */
export class Queue {
  readonly #options: QueueOptions;
  /** Those that wait, each oldest first. */
  readonly #lines: Record<Priority, Job[]> = { interactive: [], batch: [] };
  /** Batches of interactive texts that were taken since the last one of batch texts. */
  #passedOver = 0;
  #gaveWay = 0;
  /** Places taken, of the texts that may wait. */
  #places = 0;
  /** Jobs of calls that have texts read more than once. */
  #repeated = 0;
  #refusal: CombotError | undefined;
  #onWork: () => void = () => undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Who is told that there is something to take. */
  onWork(listener: () => void): void {
    this.#onWork = listener;
  }

  get waiting(): number {
    return this.interactive + this.batch;
  }

  /** Of those that wait, the ones that stand behind nobody. */
  get interactive(): number {
    return this.#lines.interactive.length;
  }

  /** Of those that wait, the ones that take what the others leave. */
  get batch(): number {
    return this.#lines.batch.length;
  }

  /** Batch calls that left for interactive ones, since the start. */
  get gaveWay(): number {
    return this.#gaveWay;
  }

  /** How long the oldest text has waited, in ms; 0 where none waits. */
  get oldestMs(): number {
    return Math.max(this.#waitedMs("interactive"), this.#waitedMs("batch"));
  }

  /** Somebody waits whom other models' batch texts must not keep waiting. */
  get isPressing(): boolean {
    return this.interactive > 0 || isAged(this.#standing, this.#options.requestTimeoutMs);
  }

  get #standing() {
    const { interactive, batch } = this;
    return { interactive, batch, batchWaitedMs: this.#waitedMs("batch"), passedOver: this.#passedOver };
  }

  #waitedMs(priority: Priority): number {
    const oldest = this.#lines[priority][0];
    return oldest ? this.#options.now() - oldest.enqueuedAtMs : 0;
  }

  /**
   * Admits a call whole or not at all, and settles when all of its texts have.
   *
   * @throws {CombotError} `QUEUE_FULL` or `SHUTTING_DOWN` if it was not admitted (safe to retry), `DEADLINE_EXCEEDED`,
   * `CLIENT_GONE`, or what befell one of its texts, with the text's index; {RefusedElsewhere} with a `place`.
   */
  async submit(inputs: readonly QueuedText[], submission: Submission = {}): Promise<CallOutcome> {
    const call = new Call(inputs, submission);
    const { place, signal } = submission;
    const check = (): void => this.#admit(call);
    const begin = (): (() => void) => this.#begin(call, signal);
    if (!place) check();
    const leave = place ? await place.apply(check, begin) : begin();
    try {
      return await call.outcome;
    } finally {
      leave();
    }
  }

  /** @returns what is to be done at its end. */
  #begin(call: Call, signal: AbortSignal | undefined): () => void {
    const abandon = (error: CombotError): void => this.#failCall(call, error);
    const seconds = this.#options.requestTimeoutMs / 1000;
    const timer = setTimeout(
      () => abandon(new CombotError("DEADLINE_EXCEEDED", `no answer within ${seconds} s (REQUEST_TIMEOUT)`)),
      this.#options.requestTimeoutMs,
    );
    const hungUp = (): void => abandon(new CombotError("CLIENT_GONE", "the client has gone"));
    signal?.addEventListener("abort", hungUp, { once: true });
    this.#enter(call);
    if (signal?.aborted) hungUp();
    this.#onWork();
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", hungUp);
    };
  }

  /** The next batch, taken out of the queue; empty where nothing waits. Whoever takes it settles it or puts it back. */
  take(): Job[] {
    const { now, batchLimits, batching, requestTimeoutMs } = this.#options;
    const priority = nextPriority(this.#standing, requestTimeoutMs) ?? "interactive";
    this.#passedOver = priority === "batch" ? 0 : this.#passedOver + 1;
    const limits = batchLimits?.() ?? BATCH_LIMITS;
    const waiting = this.#lines[priority];
    // Whoever comes meanwhile waits for it: it is half as long.
    const own = priority === "batch" ? halved(limits) : limits;
    const picked = pickBatch(waiting, now(), own, batching?.() ?? "padded");
    const batch: Job[] = [];
    const left: Job[] = [];
    let next = 0;
    for (let index = 0; index < waiting.length; index++) {
      const isPicked = index === picked[next];
      if (isPicked) next += 1;
      (isPicked ? batch : left).push(waiting[index]!);
    }
    this.#lines[priority] = left;
    this.#taken(batch);
    return batch;
  }

  answer(job: Job, row: Float32Array, timing: Timing): void {
    try {
      job.call.answer(job, row, timing);
    } catch (error) {
      this.fail(job, faultOf(job, error));
    }
  }

  /** One text that fails fails its call and is named by its index. */
  fail(job: Job, error: unknown): void {
    this.#failCall(job.call, error);
  }

  /**
   * Takes back the texts of a batch that came to nothing: to the head of the queue, each to be run by itself, unless no
   * worker had looked at them.
   *
   * @returns the texts that are refused, as poison or because the model fails on them.
   */
  putBack(jobs: readonly Job[], fate: BatchFate, detail: string): Job[] {
    const open = jobs.filter((job) => job.call.open);
    const refused = open.filter((job) => judgeText(job, fate) === "refuse");
    const again = open.filter((job) => !refused.includes(job));
    for (const job of fate === "untouched" ? [] : again) {
      if (job.alone) job.killedAlone += 1;
      job.alone = true;
    }
    for (const priority of PRIORITIES)
      this.#lines[priority].unshift(...again.filter(({ call }) => call.priority === priority));
    for (const { call } of again) this.#move(call, 1);
    for (const job of refused) this.fail(job, refusalOf(job, fate, detail));
    return refused;
  }

  /** Fails all that waits: nobody is going to take it. */
  failWaiting(error: CombotError): void {
    for (const priority of PRIORITIES) for (const job of this.#lines[priority].slice()) this.#failCall(job.call, error);
  }

  /**
   * Admits nothing until it is told otherwise; what was admitted is still served.
   *
   * @param error what whoever asks is told; undefined: admits again.
   */
  refuse(error: CombotError | undefined): void {
    this.#refusal = error;
  }

  #admit(call: Call): void {
    const { texts, jobs, isRepeated, priority } = call;
    if (this.#refusal) throw this.#refusal;
    const { maxTexts } = this.#options;
    if (texts > maxTexts) {
      throw new CombotError("INVALID_REQUEST", `${texts} texts, where the queue holds ${maxTexts} (QUEUE_MAX_TEXTS)`);
    }
    const fits = this.#places + texts <= maxTexts;
    if (fits && (!isRepeated || this.#repeated + jobs.length <= MOST_REPEATED)) return;
    if (priority === "interactive" && this.#makeRoom(call)) return;
    const waitedMs = priority === "interactive" ? this.#waitedMs(priority) : this.oldestMs;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitedMs / 1000));
    const detail = fits
      ? `${this.#repeated} of ${MOST_REPEATED} texts × labels wait, ${jobs.length} more don't fit`
      : `${this.#places} of ${maxTexts} texts wait (QUEUE_MAX_TEXTS), ${texts} more don't fit`;
    throw new CombotError("QUEUE_FULL", detail, { retryAfterSeconds });
  }

  /** Of batch calls: whoever asks again finds the same queue, and interactive texts in it that nobody can take away. */
  #makeRoom({ texts, jobs, isRepeated }: Call): boolean {
    const needed = {
      places: this.#places + texts - this.#options.maxTexts,
      repeated: isRepeated ? this.#repeated + jobs.length - MOST_REPEATED : 0,
    };
    const leaving = givingWay([...new Set(this.#lines.batch.map(({ call }) => call))], needed);
    const retryAfterSeconds = Math.max(1, Math.ceil(this.oldestMs / 1000));
    const detail = "the queue is full, and interactive texts came (priority: batch)";
    for (const call of leaving) this.#failCall(call, new CombotError("QUEUE_FULL", detail, { retryAfterSeconds }));
    this.#gaveWay += leaving.length;
    return leaving.length > 0;
  }

  #enter(call: Call): void {
    this.#places += call.places;
    if (call.isRepeated) this.#repeated += call.untaken;
    const count = call.isRepeated ? REPEATED_AT_ONCE : call.jobs.length;
    this.#lines[call.priority].push(...call.enter(count, this.#options.now()));
  }

  #taken(batch: readonly Job[]): void {
    for (const { call } of batch) {
      this.#move(call, -1);
      if (call.isRepeated) this.#lines[call.priority].push(...call.enter(1, this.#options.now()));
    }
  }

  /** Jobs of the call come to wait, or wait no more. */
  #move(call: Call, jobs: number): void {
    const before = call.places;
    call.untaken += jobs;
    this.#places += call.places - before;
    if (call.isRepeated) this.#repeated += jobs;
  }

  #failCall(call: Call, error: unknown): void {
    call.fail(error);
    if (call.untaken === 0) return;
    this.#lines[call.priority] = this.#lines[call.priority].filter((job) => job.call !== call);
    this.#move(call, -call.untaken);
  }
}

/** What came of its row, with the text named. */
function faultOf({ text }: Job, error: unknown): unknown {
  if (!(error instanceof CombotError)) return error;
  return new CombotError(error.code, `text ${text}: ${error.message}`, { index: text, cause: error });
}

function refusalOf(job: Job, fate: BatchFate, detail: string): CombotError {
  const { text: index } = job;
  if (fate === "failed") return new CombotError("INFERENCE_FAILED", `text ${index}: ${detail}`, { index });
  return new CombotError("POISON_TEXT", `text ${index} ended the worker that ran it by itself`, { index });
}
