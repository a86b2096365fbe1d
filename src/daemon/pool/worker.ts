import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../lib/errors.ts";
import type { LoadMessage } from "../../lib/protocol/worker-channel.ts";
import type { Creditor } from "../policy/credit.ts";
import type { WorkerView } from "../policy/worker-view.ts";
import type { LoadableFile } from "../prepared/trial.ts";
import { lowerPriority, putLast, restorePriority } from "../workers/priority.ts";
import { joinTexts } from "../workers/texts.ts";
import { WorkerProcess } from "../workers/worker-process.ts";
import type { Ending } from "../workers/worker-process.ts";
import { BatchTally } from "./batch-tally.ts";
import type { Work } from "./work.ts";

/** What a worker needs to load the model, whichever file it loads it from. */
export type ModelSpec = Omit<LoadMessage, "type" | keyof LoadableFile>;

/** Where the file comes from. */
export interface ModelFiles {
  /** The file to load now; may take as long as a trial of the model. Rejects where it can't be served from any. */
  file(): Promise<LoadableFile>;
  /** Whether what a worker has just loaded is what was checked. */
  asChecked(file: LoadableFile): boolean;
  /** Whether what a worker has mapped is still what was checked. Cheap: it is asked after every batch. */
  intact(file: LoadableFile): boolean;
  /** A worker could not load this file. @returns whether there is another one to load now. */
  blame(file: LoadableFile, detail: string): boolean;
}

/** One process's own limits, jitter drawn; 0 = off. */
export interface WorkerLimits {
  readonly maxUsers: number;
  readonly maxRequests: number;
  readonly maxUptimeMs: number;
}

export interface Birth {
  readonly slot: number;
  readonly generation: number;
  readonly model: ModelSpec;
  readonly files: ModelFiles;
  readonly limits: WorkerLimits;
  readonly loadTimeoutMs: number;
  /** Another one serves in its place meanwhile: its load shall not take the processors from those that serve. */
  readonly inBackground: boolean;
  /** Nobody ever waits for it: it takes what the processors have left. */
  readonly isSpare: boolean;
  readonly now: () => number;
}

export interface BatchResult {
  /** Logits, one row a text. */
  readonly rows: readonly Float32Array[];
  readonly startedAtMs: number;
  readonly computeMs: number;
}

/** Between ABRT, which leaves a trace, and KILL, which can't be ignored. */
const ABORT_GRACE_MS = 1000;

/** One worker process from birth to end, with what it has served. The pool alone gives it orders. */
export class Worker {
  readonly slot: number;
  readonly generation: number;
  readonly bornAtMs: number;
  /** Resolves when it has loaded the model and answered a probe; rejects with the reason where it never will. */
  readonly ready: Promise<void>;
  readonly ended: Promise<Ending>;
  /** Of what it has run. */
  readonly tally = new BatchTally();
  readonly #birth: Birth;
  readonly #process = new WorkerProcess();
  readonly #users = new Set<string>();
  #isReady = false;
  #batches = 0;
  #isBehind = false;
  #draining = false;
  #requests = 0;
  #hung = false;
  #isReplaceable = false;
  #isPostponed = false;
  #readyAtMs = 0;
  #quietSinceMs = 0;
  #file: LoadableFile | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(birth: Birth) {
    this.slot = birth.slot;
    this.generation = birth.generation;
    this.#birth = birth;
    this.bornAtMs = birth.now();
    this.ended = this.#process.ended;
    if (birth.isSpare) putLast(this.pid);
    else if (birth.inBackground) this.#isBehind = lowerPriority(this.pid);
    this.ready = this.#boot();
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get state(): "starting" | "ready" | "busy" | "draining" {
    if (this.#draining) return "draining";
    if (!this.#isReady) return "starting";
    return this.#batches > 0 ? "busy" : "ready";
  }

  /** That it has been given and has not answered: one that it runs, and perhaps the next one. */
  get batches(): number {
    return this.#batches;
  }

  /** It serves and has nothing to do. */
  get idle(): boolean {
    return this.serving && this.#batches === 0;
  }

  /** Loaded, and not on its way out. */
  get serving(): boolean {
    return this.#process.alive && !this.#draining && this.#isReady;
  }

  /** It stopped answering, and was ended for it. */
  get hung(): boolean {
    return this.#hung;
  }

  /** When it came to serve; 0 before. */
  get readyAtMs(): number {
    return this.#readyAtMs;
  }

  /** From its birth to the probe's answer; 0 before. */
  get birthMs(): number {
    return this.#readyAtMs === 0 ? 0 : this.#readyAtMs - this.bornAtMs;
  }

  /** Since its last reply, or since it came to serve; 0 while it works. */
  get quietMs(): number {
    return this.#isReady && this.#batches === 0 ? this.#birth.now() - this.#quietSinceMs : 0;
  }

  /** What it has loaded is still what was checked. */
  get intact(): boolean {
    return this.#file === undefined || this.#birth.files.intact(this.#file);
  }

  /** It is waited for: from now on its load is as urgent as whatever else is done. */
  hurry(): void {
    if (this.#isBehind) restorePriority(this.pid);
    this.#isBehind = false;
  }

  /** It could not load what it was given. @returns whether there is something else to give. */
  blameFile(detail: string): boolean {
    this.#isReplaceable = this.#file !== undefined && this.#birth.files.blame(this.#file, detail);
    return this.#isReplaceable;
  }

  /** It did not come to serve for what it was given, and the next one is given another file. */
  get isReplaceable(): boolean {
    return this.#isReplaceable;
  }

  /** It was ended before it served, for want of memory; another one comes when there is room. */
  get isPostponed(): boolean {
    return this.#isPostponed;
  }

  /** It has answered at least one text, not counting the probe. */
  get served(): boolean {
    return this.#requests > 0;
  }

  /** Keyed hashes of those it has answered for. */
  get users(): Iterable<string> {
    return this.#users;
  }

  creditorFor(user: string): Creditor {
    const { slot, serving } = this;
    const { maxUsers } = this.#birth.limits;
    return { slot, serving, users: this.#users.size, maxUsers, knows: this.#users.has(user) };
  }

  /** One who was given an answer from the cache. */
  countUser(user: string): void {
    this.#users.add(user);
  }

  view(): WorkerView {
    return {
      slot: this.slot,
      serving: this.serving,
      idle: this.idle,
      batches: this.#batches,
      users: this.#users.size,
      requests: this.#requests,
      uptimeMs: this.#birth.now() - this.bornAtMs,
      ...this.#birth.limits,
    };
  }

  /**
   * Runs a batch, after the one it has.
   *
   * @param hangMs after which, from its turn on, it counts as hung and is ended.
   * @throws {WorkerEndedError} it died with the batch. @throws {WorkerFailedError} it lives, the batch failed.
   */
  async run(batch: readonly Work[], hangMs: number): Promise<BatchResult> {
    this.#batches += 1;
    const turn = this.#running;
    const answer = this.#process.run(joinTexts(batch));
    this.#running = answer.catch(() => undefined);
    await turn;
    const startedAtMs = this.#birth.now();
    const watch = setTimeout(() => void this.#abort(hangMs), hangMs);
    try {
      const { logits, computeMs } = await answer.catch((error: unknown) => {
        // What was written over may fail rather than answer; the worker would fail again.
        throw this.intact ? error : this.#distrust();
      });
      if (!this.intact) throw this.#distrust();
      this.#count(batch, computeMs);
      const width = this.#birth.model.labels;
      const rows = batch.map((_, row) => logits.slice(row * width, (row + 1) * width));
      return { rows, startedAtMs, computeMs };
    } finally {
      clearTimeout(watch);
      this.#batches -= 1;
      this.#quietSinceMs = this.#birth.now();
    }
  }

  /** Takes no new batch, finishes what it has, ends. Resolves when the process is gone. */
  async drain(graceMs: number): Promise<Ending> {
    if (this.#draining) return this.ended;
    this.#draining = true;
    if (this.#isReady) await Promise.race([this.#running, delay(graceMs, undefined, { ref: false })]);
    if (this.#batches > 0) this.#process.signal("SIGKILL", `its batch took longer than ${graceMs} ms to drain`);
    this.#process.end();
    return this.ended;
  }

  /** Only while it has not come to serve. Resolves when the process is gone. */
  postpone(): Promise<Ending> {
    this.#isPostponed = true;
    return this.drain(0);
  }

  async #boot(): Promise<void> {
    const { loadTimeoutMs, model, files } = this.#birth;
    this.#file = await files.file().catch((error: unknown) => {
      this.#process.signal("SIGKILL", messageOf(error));
      throw error;
    });
    const late = `it did not load the model within ${loadTimeoutMs / 1000} s (MODEL_LOAD_TIMEOUT)`;
    const deadline = setTimeout(() => this.#process.timeOut(late), loadTimeoutMs);
    try {
      await this.#process.load({ ...model, ...this.#file });
      if (!files.asChecked(this.#file)) throw this.#distrust();
      this.hurry();
      this.#isReady = true;
      this.#readyAtMs = this.#birth.now();
      this.#quietSinceMs = this.#readyAtMs;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #abort(afterMs: number): Promise<void> {
    this.#hung = true;
    this.#process.signal("SIGABRT", `it was silent for ${Math.round(afterMs)} ms in one batch`);
    await delay(ABORT_GRACE_MS, undefined, { ref: false });
    this.#process.signal("SIGKILL", "it ignored ABRT");
  }

  /** Somebody wrote to the weights it has: neither this answer nor another one of it can be trusted. */
  #distrust(): Error {
    this.#process.signal("SIGKILL", "the weights were changed under it");
    return new Error("the weights were changed meanwhile");
  }

  #count(batch: readonly Work[], computeMs: number): void {
    this.#requests += batch.length;
    this.tally.add(
      batch.length,
      batch.reduce((sum, { tokens }) => sum + tokens, 0),
      computeMs,
    );
    for (const { user } of batch) if (user !== undefined) this.#users.add(user);
  }
}
