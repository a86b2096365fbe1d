import { join } from "node:path";
import { stampOfPath } from "../../lib/file-stamp.ts";
import type { Batching } from "../policy/batch.ts";
import { PREPARED_WEIGHTS } from "./files.ts";
import { withPlainFile } from "./store.ts";
import type { PreparedStore, SourceModel } from "./store.ts";
import type { LoadableFile, Trial } from "./trial.ts";

export interface SourceOptions {
  readonly model: SourceModel;
  readonly store: PreparedStore;
  readonly onFallback: (reason: string) => void;
  /** Ends a trial that runs: its file is not to be had then. */
  readonly giveUp?: (why: string) => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** What was in the way may have passed: a minute later, and then after twice as long each time. */
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * What workers load, and how they are fed: the prepared model while it is what was shown to answer like the plain one,
 * a new one where it is not, and the plain file where none can be had.
 */
export class ModelSource {
  readonly #options: SourceOptions;
  #opening: Promise<LoadableFile> | undefined;
  #file: LoadableFile | undefined;
  readonly #stamps = new WeakMap<LoadableFile, readonly (string | undefined)[]>();
  #trial: Trial | undefined;
  #failures = 0;
  #retryAtMs = Infinity;
  #isUseless = false;
  #plainFile: LoadableFile;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#plainFile = { modelPath: options.model.modelPath, prepared: false };
  }

  /** Why workers don't share weights, if they were to. */
  get fallback(): string | undefined {
    return this.#trial?.reason;
  }

  /** Undefined before the first worker was about to load. */
  get trial(): Trial | undefined {
    return this.#trial;
  }

  /** A trial may run now, which takes memory beside the workers. */
  get trying(): boolean {
    return this.#opening !== undefined;
  }

  /** Ends a trial that runs, if one does: the next worker begins it anew. Resolves when its processes are gone. */
  async giveUpTrial(why: string): Promise<void> {
    this.#options.giveUp?.(why);
    await this.#opening?.catch(() => undefined);
  }

  /** Nothing is known before the trial, and nothing is served. */
  get batching(): Batching {
    return this.#trial?.batching ?? "single";
  }

  /**
   * For a worker that is about to load; one trial for any number of them.
   *
   * @throws {WorkerFailedError} where the model can't be served from any file.
   */
  async file(): Promise<LoadableFile> {
    if (!this.#file || !this.asChecked(this.#file)) return this.#reopen();
    // Whoever asks is waited for, and can be served meanwhile.
    if (this.#options.now() >= this.#retryAtMs) this.#reopen().catch(() => undefined);
    return this.#file;
  }

  /** Whether what was just loaded from the file is what was checked. */
  asChecked(file: LoadableFile): boolean {
    return file.prepared ? this.intact(file) : file === this.#plainFile && this.#options.model.sealed.intact;
  }

  /**
   * Whether what a worker has loaded is still what it was. Cheap: it is asked after every batch. Weights in the model
   * file itself are read once; those in files of their own stay mapped, and change with them.
   */
  intact(file: LoadableFile): boolean {
    if (!file.prepared) return this.#options.model.externalPaths.length === 0 || this.asChecked(file);
    const stamps = this.#stamps.get(file);
    return stamps !== undefined && pathsOf(file).every((path, at) => stampOfPath(path) === stamps[at]);
  }

  /**
   * Prepared weights that no worker loads are no use, whoever's fault that is: the plain file has to do.
   *
   * @returns whether there is another file to load now.
   */
  blame(file: LoadableFile, detail: string): boolean {
    if (!file.prepared) return false;
    if (file !== this.#file || !this.intact(file)) return true;
    this.#isUseless = true;
    const reason = `a worker could not load the prepared weights: ${detail}`;
    if (this.#trial) this.#take(withPlainFile(this.#trial, reason), this.#plainFile, false);
    return true;
  }

  #reopen(): Promise<LoadableFile> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<LoadableFile> {
    const { store, model } = this.#options;
    await this.#mendPlain();
    const { trial, lasting, modelPath } = await store.open(model, this.#isUseless);
    this.#isUseless = false;
    const file = modelPath === undefined ? this.#plainFile : { modelPath, prepared: true };
    if (file.prepared) this.#stamps.set(file, pathsOf(file).map(stampOfPath));
    this.#take(trial, file, lasting);
    return file;
  }

  #take(trial: Trial, file: LoadableFile, lasting: boolean): void {
    const { now, onFallback } = this.#options;
    if (trial.reason !== undefined && trial.reason !== this.#trial?.reason) onFallback(trial.reason);
    this.#trial = trial;
    this.#file = file;
    this.#failures = lasting ? 0 : this.#failures + 1;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS);
    this.#retryAtMs = lasting ? Infinity : now() + delayMs;
  }

  /** What was tried, or loaded, from a copy that somebody wrote to is another file from then on. */
  async #mendPlain(): Promise<void> {
    const { sealed, modelPath } = this.#options.model;
    if (sealed.intact) return;
    await sealed.mend();
    this.#plainFile = { modelPath, prepared: false };
  }
}

function pathsOf({ modelPath }: LoadableFile): string[] {
  return [modelPath, join(modelPath, "..", PREPARED_WEIGHTS)];
}
