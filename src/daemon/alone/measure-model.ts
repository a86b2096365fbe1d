import { setTimeout as delay } from "node:timers/promises";
import { usableCores } from "../../lib/cores.ts";
import { busyBetween } from "../../lib/cpu-steal.ts";
import { CombotError } from "../../lib/errors.ts";
import { kernelFiles } from "../../lib/kernel-files.ts";
import type { MeasuredModel, MeasuredThreads } from "../../lib/protocol/plan.ts";
import { readProcessMemory } from "../memory/process-memory.ts";
import type { MemoryOfProcess } from "../memory/process-memory.ts";
import { openModel } from "../model/opening.ts";
import type { ServedModel } from "../model/served-model.ts";
import type { LoadableFile } from "../prepared/trial.ts";
import { channelModelOf } from "../residency/model-source.ts";
import { WorkerEndedError, WorkerFailedError, WorkerProcess } from "../workers/worker-process.ts";
import { TemporaryState, sourceOf } from "./lone-model.ts";
import { lengthsOf, measureCrowding, measureGrid, medianOf } from "./measured-worker.ts";

export interface MeasureAsked {
  readonly dir: string;
  readonly texts: readonly string[];
  /** Of a worker; for each of them it is measured. */
  readonly threads: readonly number[];
  readonly onStage: (stage: string, step: string) => void;
  /** Ends the workers at once. */
  readonly signal: AbortSignal;
}

const LOADS = 3;
const LOOK_AROUND_MS = 500;
const SETTLE_MS = 1000;
/** What is held against itself, alone and beside others: a batch as there are many. */
const USUAL_TEXTS = 4;

/**
 * What a model takes on this machine, in workers of its own: times by length and batch, memory, and what a load takes.
 *
 * @throws {CombotError} `MODEL_INVALID` where it can't be served.
 */
export async function measureModel(asked: MeasureAsked): Promise<MeasuredModel> {
  const { dir, onStage, signal } = asked;
  const state = new TemporaryState("combot-plan-");
  const workers = new Set<WorkerProcess>();
  const kill = (): void => workers.forEach((worker) => worker.signal("SIGKILL", "the measurement was stopped"));
  signal.addEventListener("abort", kill);
  try {
    onStage(`opening ${dir}`, "open");
    const model = await openModel(dir, state.dir);
    const tokens = await tokensOf(model, asked);
    onStage(`trying ${model.name} as the daemon does`, "try");
    const source = sourceOf(model, state.dir, signal);
    const file = await source.file();
    signal.throwIfAborted();
    const bench = new Bench(model, file, workers, asked);
    return { ...(await bench.measure(tokens, source.batching)), dir };
  } catch (error) {
    if (!(error instanceof WorkerFailedError || error instanceof WorkerEndedError)) throw error;
    throw new CombotError("MODEL_INVALID", `${dir}: ${error.message}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await Promise.all([...workers].map(({ ended }) => ended));
    state.remove();
  }
}

async function tokensOf({ encoder, name }: ServedModel, { texts, onStage, signal }: MeasureAsked): Promise<number[]> {
  onStage(`${name}: counting the tokens of ${texts.length.toLocaleString("en")} texts`, "tokens");
  const tokens: number[] = [];
  for (const text of texts) {
    signal.throwIfAborted();
    const { ids } = await encoder.encode({ text: encoder.formOf(text) });
    tokens.push(ids.length);
  }
  return tokens;
}

/** The workers that one model is measured in. */
class Bench {
  readonly #model: ServedModel;
  readonly #file: LoadableFile;
  readonly #workers: Set<WorkerProcess>;
  readonly #asked: MeasureAsked;

  constructor(model: ServedModel, file: LoadableFile, workers: Set<WorkerProcess>, asked: MeasureAsked) {
    this.#model = model;
    this.#file = file;
    this.#workers = workers;
    this.#asked = asked;
  }

  async measure(tokens: readonly number[], batching: MeasuredModel["batching"]): Promise<Omit<MeasuredModel, "dir">> {
    const { name, digest, labels, windowTokens, bytes } = this.#model;
    const othersCpu = await this.#lookAround();
    const loadMs = await this.#measureLoads();
    const byThreads: MeasuredThreads[] = [];
    let memory: MeasuredModel["memory"] | undefined;
    for (const threads of this.#asked.threads) {
      const found = await this.#measureThreads(threads, tokens, batching);
      byThreads.push(found.times);
      memory ??= found.memory;
    }
    if (!memory) throw new Error("no number of threads to measure");
    const facts = { name, digest, labels: labels.length, windowTokens, bytes, batching };
    return { ...facts, loadMs, byThreads, memory, tokens, othersCpu };
  }

  /** What this machine does while nothing is measured. */
  async #lookAround(): Promise<number> {
    this.#asked.onStage("looking at what else this machine does", "around");
    const before = kernelFiles.read("/proc/stat");
    await delay(LOOK_AROUND_MS);
    return busyBetween(before, kernelFiles.read("/proc/stat")) ?? 0;
  }

  /** With the file in the page cache, as for every worker but the first after the machine's start. */
  async #measureLoads(): Promise<number> {
    this.#asked.onStage(`${this.#model.name}: loading it ${LOADS} times`, "load");
    const times: number[] = [];
    for (let count = 0; count < LOADS; count++) {
      const from = performance.now();
      const worker = await this.#load(1);
      times.push(performance.now() - from);
      await this.#end(worker);
    }
    return medianOf(times);
  }

  async #measureThreads(threads: number, tokens: readonly number[], batching: MeasuredModel["batching"]) {
    const { onStage, signal } = this.#asked;
    const count = Math.max(1, Math.floor(usableCores() / threads));
    const workers: WorkerProcess[] = [];
    for (let index = 0; index < count; index++) workers.push(await this.#load(threads));
    const loaded = await this.#memoryOf(workers);
    const what = `${this.#model.name}, ${threads} ${threads === 1 ? "thread" : "threads"} a worker`;
    const lengths = lengthsOf(tokens);
    const grid = await measureGrid(workers[0]!, {
      model: this.#model,
      lengths,
      isBatched: batching !== "single",
      onStep: (done, of) => onStage(`${what}: ${done} of ${of} shapes of batches`, `grid ${threads}`),
      signal,
    });
    onStage(`${what}: ${count} beside each other`, `crowd ${threads}`);
    const usual = medianOf(tokens);
    const texts = batching === "single" ? 1 : USUAL_TEXTS;
    const crowding = await measureCrowding(workers, this.#model, texts, Math.round(usual));
    const serving = await this.#memoryOf(workers);
    for (const worker of workers) await this.#end(worker);
    // This process maps the same program, and none of what workers map beside it.
    const programBytes = (await readProcessMemory(process.pid))?.mappedBytes ?? 0;
    const mapped = medianOf(serving.map(({ mappedBytes }) => mappedBytes));
    const memory = {
      loadedBytes: medianOf(loaded.map(({ anonymousBytes }) => anonymousBytes)),
      // Of the one that has run every shape.
      servingBytes: serving[0]?.anonymousBytes ?? 0,
      sharedBytes: Math.max(0, mapped - programBytes),
      programBytes,
    };
    return { times: { threads, ...grid, crowding }, memory };
  }

  async #memoryOf(workers: readonly WorkerProcess[]): Promise<MemoryOfProcess[]> {
    // What a load or a burst left is given back a moment later.
    await delay(SETTLE_MS);
    const found = await Promise.all(workers.map(({ pid }) => readProcessMemory(pid)));
    const all = found.filter((one) => one !== undefined);
    if (all.length === workers.length) return all;
    throw new CombotError("MEMORY_UNMEASURED", "what a worker takes can't be read: mount proc at /proc");
  }

  async #load(threads: number): Promise<WorkerProcess> {
    this.#asked.signal.throwIfAborted();
    const worker = new WorkerProcess();
    this.#workers.add(worker);
    await worker.load({ ...channelModelOf(this.#model), ...this.#file, threads });
    return worker;
  }

  async #end(worker: WorkerProcess): Promise<void> {
    worker.end();
    await worker.ended;
    this.#workers.delete(worker);
  }
}
