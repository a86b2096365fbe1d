import { relative } from "node:path";
import { CombotError, messageOf } from "../lib/errors.ts";
import type { ModelCheckReport } from "../lib/protocol/model.ts";
import { bestOf } from "./cache/answer.ts";
import { answerOf } from "./classifier/scores.ts";
import { readProcessMemory } from "./memory/process-memory.ts";
import { TemporaryState, sourceOf } from "./alone/lone-model.ts";
import { channelModelOf } from "./residency/model-source.ts";
import { remarksOnSettings } from "./model/combot-json.ts";
import { openModel } from "./model/opening.ts";
import { PROBE_TEXT } from "./model/served-model.ts";
import type { ServedModel } from "./model/served-model.ts";
import type { LoadableFile, Trial } from "./prepared/trial.ts";
import { checkText } from "./text/check.ts";
import { joinTexts } from "./workers/texts.ts";
import { WorkerEndedError, WorkerFailedError, WorkerProcess } from "./workers/worker-process.ts";

export interface ModelCheckRequest {
  readonly dir: string;
  /** The model file, by its path within the folder or its name alone; the fastest one where left out. */
  readonly file?: string | undefined;
  /** To classify in place of the probe text. */
  readonly texts?: readonly string[];
}

const BEST = 5;
/** Attention takes memory by the square of the length: longer windows are not filled. */
const LONGEST_TOKENS = 1024;

export interface ModelCheckOptions {
  /** Told what comes next, in words. */
  readonly onStage: (stage: string) => void;
  /** Ends the check, and its worker at once, whatever that is doing. */
  readonly signal: AbortSignal;
}

/**
 * Opens a model's folder and has a worker process of its own answer with it, without a daemon.
 *
 * @throws {CombotError} `MODEL_INVALID` with the reason where it can't be served, `INVALID_TEXT`.
 */
export async function checkModel(
  { dir, file, texts = [] }: ModelCheckRequest,
  { onStage, signal }: ModelCheckOptions,
): Promise<ModelCheckReport> {
  texts.forEach(checkText);
  onStage(`reading ${dir}`);
  const state = new TemporaryState("combot-check-");
  let modelPath = dir;
  try {
    const model = await openModel(dir, state.dir, { file });
    ({ modelPath } = model);
    signal.throwIfAborted();
    onStage("trying the model's file, alone and in batches, as the daemon does");
    const source = sourceOf(model, state.dir, signal);
    const loaded = await source.file();
    signal.throwIfAborted();
    onStage("loading the model into a worker");
    const found = await checkWorker(model, loaded, texts, signal);
    return { ...describe(model), serving: servingOf(source.trial), ...found };
  } catch (error) {
    if (!(error instanceof WorkerFailedError || error instanceof WorkerEndedError)) throw error;
    throw new CombotError("MODEL_INVALID", `${modelPath}: ${error.message}`, { cause: error });
  } finally {
    state.remove();
  }
}

async function checkWorker(
  model: ServedModel,
  file: LoadableFile,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Pick<ModelCheckReport, "worker" | "filled" | "answers">> {
  const check = new WorkerCheck(model, file);
  signal.addEventListener("abort", check.kill);
  try {
    return { worker: await check.load(), filled: await check.fill(), answers: await check.answer(texts) };
  } finally {
    signal.removeEventListener("abort", check.kill);
    await check.end();
  }
}

function servingOf(trial: Trial | undefined): ModelCheckReport["serving"] {
  if (!trial) throw new Error("a file without a trial of it");
  const { prepared, reason, batching, texts, labelShifts, batchShift } = trial;
  return { serves: prepared ? "prepared" : "plain", reason: reason ?? null, batching, texts, labelShifts, batchShift };
}

type Description = Omit<ModelCheckReport, "serving" | "worker" | "filled" | "answers">;

function describe(model: ServedModel): Description {
  const { name, dir, sealedDir, digest, modelPath, externalPaths, bytes, remarks } = model;
  const { labels, multiLabel, windowTokens, padId, tokenizer } = model;
  const { irVersion, opsets, producer, inputs } = model.header;
  return {
    name,
    dir,
    digest,
    remarks: [...remarks, ...remarksOnSettings(model.settings)],
    files: [modelPath, ...externalPaths].map((path) => relative(sealedDir, path)),
    bytes,
    graph: {
      irVersion,
      opsets: Object.fromEntries([...opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
      producer,
      inputs: inputs.map((input) => input.name),
    },
    labels: [...labels],
    activation: model.activation,
    multiLabel,
    windowTokens,
    padId,
    tokenizer,
  };
}

/** One model in one worker process. */
class WorkerCheck {
  readonly #model: ServedModel;
  readonly #file: LoadableFile;
  readonly #worker = new WorkerProcess();

  constructor(model: ServedModel, file: LoadableFile) {
    this.#model = model;
    this.#file = file;
  }

  readonly kill = (): void => this.#worker.signal("SIGKILL", "the check was stopped");

  async load(): Promise<ModelCheckReport["worker"]> {
    const from = performance.now();
    const message = { ...channelModelOf(this.#model), ...this.#file, threads: 1 };
    const { loadMs } = await this.#worker.load(message);
    return { startMs: performance.now() - from, loadMs, memory: await this.#measure() };
  }

  /** The probe beside a text that fills the window: tells whether the window and the padding are what they seem. */
  async fill(): Promise<ModelCheckReport["filled"]> {
    const { probe, windowTokens } = this.#model;
    const alone = await this.#worker.run(joinTexts([{ ids: probe }]));
    const long = Int32Array.from(
      { length: Math.min(windowTokens, LONGEST_TOKENS) },
      (_, at) => probe[at % probe.length] ?? 0,
    );
    const both = await this.#worker.run(joinTexts([{ ids: probe }, { ids: long }])).catch((error: unknown) => {
      throw new WorkerFailedError(
        `a text of ${long.length} tokens, within its window, fails: ${messageOf(error)}`,
        true,
      );
    });
    const shifts = alone.logits.map((logit, label) => Math.abs(logit - (both.logits[label] ?? 0)));
    return {
      tokens: long.length,
      computeMs: both.computeMs,
      probeShift: Math.max(...shifts),
      memory: await this.#measure(),
    };
  }

  /** The probe text where there are none. */
  async answer(texts: readonly string[]): Promise<ModelCheckReport["answers"]> {
    const answers: ModelCheckReport["answers"] = [];
    for (const text of texts.length > 0 ? texts : [PROBE_TEXT]) answers.push(await this.#answerOne(text));
    return answers;
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    this.#worker.end();
    await this.#worker.ended;
  }

  async #answerOne(text: string): Promise<ModelCheckReport["answers"][number]> {
    const { encoder, labels } = this.#model;
    const encoded = await encoder.encode({ text: encoder.formOf(text) });
    const { ids, truncated } = encoded;
    const { logits, computeMs } = await this.#worker.run(joinTexts([encoded]));
    const scores = bestOf(answerOf(logits, this.#model, truncated), labels, BEST);
    return { ...(scores[0] ?? { label: "", score: 0 }), text, tokens: ids.length, truncated, scores, computeMs };
  }

  async #measure(): Promise<ModelCheckReport["worker"]["memory"]> {
    const memory = await readProcessMemory(this.#worker.pid);
    if (!memory) return null;
    const { rssBytes, pssBytes, privateBytes, mappedBytes } = memory;
    return { rssBytes, pssBytes, privateBytes, mappedBytes };
  }
}
