import { putLast } from "../workers/priority.ts";
import { joinTexts } from "../workers/texts.ts";
import type { TextTokens } from "../workers/texts.ts";
import { WorkerEndedError, WorkerFailedError, WorkerProcess } from "../workers/worker-process.ts";
import type { Batches } from "./trial-batches.ts";
import type { LoadableFile, TrialModel } from "./trial.ts";

/** One row of numbers for each text that was asked, by its index. */
export type Rows = ReadonlyMap<number, Float32Array>;

/** One file of a model in a process that loads and asks it as a worker does, and that may end of it. */
export class Examinee {
  readonly #model: TrialModel;
  readonly #file: LoadableFile;
  readonly #signal: AbortSignal;
  #process: WorkerProcess | undefined;
  #oneByOne = false;

  /** @param signal aborted when time is up; its reason says so. */
  constructor(model: TrialModel, file: LoadableFile, signal: AbortSignal) {
    this.#model = model;
    this.#file = file;
    this.#signal = signal;
  }

  /** The graph takes no more than one text at a time. */
  get oneByOne(): boolean {
    return this.#oneByOne;
  }

  /** @throws {WorkerFailedError | WorkerEndedError} the first batch that came to nothing. */
  async ask(texts: readonly TextTokens[], batches: Batches): Promise<Rows> {
    const process = await this.#loaded();
    const { labels } = this.#model;
    const rows = new Map<number, Float32Array>();
    for (const batch of batches) {
      const asked = joinTexts(batch.map((index) => texts[index]!));
      const { logits } = await process.run(asked).catch((error: unknown) => fail(error, asked.lengths));
      for (const [row, index] of batch.entries()) rows.set(index, logits.slice(row * labels, (row + 1) * labels));
    }
    return rows;
  }

  async end(): Promise<void> {
    this.#process?.end();
    await this.#process?.ended;
  }

  /** A new process where the one before has ended of what it was asked. */
  async #loaded(): Promise<WorkerProcess> {
    if (this.#process?.alive) return this.#process;
    const { threads, output, labels, padId, padLeft, probe, isSpare } = this.#model;
    const process = startProcess(this.#signal, isSpare);
    this.#process = process;
    const { oneByOne } = await process.load({ ...this.#file, threads, output, labels, padId, padLeft, probe });
    this.#oneByOne = oneByOne;
    return process;
  }
}

/** Names the text that the runtime could not compute. */
function fail(error: unknown, [tokens, ...others]: Int32Array): never {
  if (!(error instanceof WorkerFailedError) || others.length > 0) throw error;
  throw new WorkerFailedError(`a text of ${tokens} tokens, within its window, fails: ${error.message}`, error.invalid);
}

/** @throws {WorkerEndedError} where time is up already. */
export function startProcess(signal: AbortSignal, isSpare = false): WorkerProcess {
  const reason = (): string => String(signal.reason);
  if (signal.aborted) throw new WorkerEndedError({ kind: "ours", code: null, signal: null, detail: reason() });
  const process = new WorkerProcess();
  if (isSpare) putLast(process.pid);
  const stop = (): void => process.signal("SIGKILL", reason());
  signal.addEventListener("abort", stop, { once: true });
  void process.ended.then(() => signal.removeEventListener("abort", stop));
  return process;
}
