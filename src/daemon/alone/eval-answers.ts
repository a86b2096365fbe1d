import { CombotError } from "../../lib/errors.ts";
import type { Row } from "../../lib/evaluation/rows.ts";
import type { Scored } from "../../lib/evaluation/scored.ts";
import { scoreAt } from "../cache/answer.ts";
import { logitsOf, scoresOf, ranked } from "../classifier/scores.ts";
import { TemporaryState, sourceOf } from "./lone-model.ts";
import { readProcessMemory } from "../memory/process-memory.ts";
import { channelModelOf } from "../residency/model-source.ts";
import { openModel } from "../model/opening.ts";
import type { ServedModel } from "../model/served-model.ts";
import { joinTexts } from "../workers/texts.ts";
import { WorkerEndedError, WorkerFailedError, WorkerProcess } from "../workers/worker-process.ts";

export interface AnswersAsked {
  readonly onStage: (stage: string, step: string) => void;
  readonly signal: AbortSignal;
  /** All that the model gives for each row. */
  readonly keepLogits?: boolean;
  /** Told the model before the first row: throws where these are not its rows. */
  readonly onOpened: (model: ServedModel) => void;
}

/** What a model says of rows, in their order. */
export interface Answers {
  readonly model: ServedModel;
  readonly scored: readonly Scored[];
  /** Before any temperature. */
  readonly logits: readonly Float32Array[] | undefined;
  /** Of each row, from its text to its scores, in ms. */
  readonly times: readonly number[];
  readonly truncated: number;
  readonly pssBytes: number | null;
}

const TELL_EVERY_MS = 200;
/** Of all rows together: 256 MiB. */
const MOST_LOGITS = 64 * 1024 * 1024;

/** @throws {CombotError} `MODEL_INVALID` where it can't be served, `USAGE` where it gives other things than one label. */
export async function readAnswers(dir: string, rows: readonly Row[], asked: AnswersAsked): Promise<Answers> {
  const { onStage, signal } = asked;
  const state = new TemporaryState("combot-eval-");
  const worker = new WorkerProcess();
  const kill = (): void => worker.signal("SIGKILL", "the evaluation was stopped");
  signal.addEventListener("abort", kill);
  try {
    onStage(`opening ${dir}`, dir);
    const model = await openModel(dir, state.dir);
    refuseUnlike(model, rows.length, asked.keepLogits ?? false);
    asked.onOpened(model);
    onStage(`trying ${model.name} as the daemon does`, `try ${dir}`);
    const file = await sourceOf(model, state.dir, signal).file();
    signal.throwIfAborted();
    await worker.load({ ...channelModelOf(model), ...file, threads: 1 });
    return await askAll(model, worker, rows, asked);
  } catch (error) {
    if (!(error instanceof WorkerFailedError || error instanceof WorkerEndedError)) throw error;
    throw new CombotError("MODEL_INVALID", `${dir}: ${error.message}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", kill);
    worker.end();
    await worker.ended;
    state.remove();
  }
}

function refuseUnlike({ name, labels, multiLabel, regression }: ServedModel, rows: number, keepLogits: boolean): void {
  if (multiLabel || regression || labels.length < 2)
    throw new CombotError(
      "USAGE",
      `${name} does not give one label of several: there is nothing to hold labels against.`,
    );
  const held = rows * labels.length;
  if (keepLogits && held > MOST_LOGITS)
    throw new CombotError(
      "USAGE",
      `${rows} rows × ${labels.length} labels are too many to fit: ${MOST_LOGITS} at most.`,
    );
}

async function askAll(
  model: ServedModel,
  worker: WorkerProcess,
  rows: readonly Row[],
  { onStage, signal, keepLogits }: AnswersAsked,
): Promise<Answers> {
  const scored: Scored[] = [];
  const logits: Float32Array[] = [];
  const times: number[] = [];
  let truncated = 0;
  let toldAtMs = -Infinity;
  for (const [at, row] of rows.entries()) {
    signal.throwIfAborted();
    const from = performance.now();
    const encoded = await model.encoder.encode({ text: model.encoder.formOf(row.text) });
    const reply = await worker.run(joinTexts([encoded]));
    scored.push(scoredOf(row, reply.logits, model));
    times.push(performance.now() - from);
    if (encoded.truncated) truncated += 1;
    if (keepLogits) logits.push(logitsOf(reply.logits, model));
    if (performance.now() - toldAtMs < TELL_EVERY_MS && at + 1 < rows.length) continue;
    toldAtMs = performance.now();
    const [done, all] = [at + 1, rows.length].map((count) => count.toLocaleString("en"));
    onStage(`${model.name}: ${done} of ${all} rows`, `rows ${model.dir}`);
  }
  const memory = await readProcessMemory(worker.pid);
  const kept = keepLogits ? logits : undefined;
  return { model, scored, logits: kept, times, truncated, pssBytes: memory?.pssBytes ?? null };
}

/** As it is served: in millionths, equal ones in the model's order. */
function scoredOf({ text, label }: Row, row: Float32Array, model: ServedModel): Scored {
  const { ranking, millionths } = ranked(scoresOf(row, model), false);
  const right = label === null ? -1 : model.labels.indexOf(label);
  return {
    text,
    expected: label,
    predicted: model.labels[ranking[0] ?? -1] ?? "",
    score: scoreAt(millionths, 0),
    expectedScore: right < 0 ? 0 : scoreAt(millionths, ranking.indexOf(right)),
  };
}
