import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stampOfPath } from "../../lib/file-stamp.ts";
import { messageOf } from "../../lib/errors.ts";
import { WorkerEndedError } from "../workers/worker-process.ts";
import { startProcess } from "./examinee.ts";
import { examineOther, examinePlain } from "./examination.ts";
import type { PlainExamination } from "./examination.ts";
import { PREPARED_MODEL, PREPARED_WEIGHTS } from "./files.ts";
import { isCutOff, isLasting } from "./outcome.ts";
import type { Trial, TrialModel } from "./trial.ts";

/** Writes the optimised graph and its weights into a folder; in a process of its own. @returns how many shorter graphs. */
export type Prepare = (modelPath: string, folder: string, packed: boolean, signal: AbortSignal) => Promise<number>;

export interface TrialOrder {
  readonly model: TrialModel;
  readonly modelPath: string;
  /** Where to write the prepared files; undefined where there are to be none. */
  readonly folder: string | undefined;
  /** Why there is no such folder although there was to be one. */
  readonly obstacle: string | undefined;
  readonly timeoutMs: number;
  readonly prepare: Prepare;
  /** Aborted when nobody wants to know any more. */
  readonly stop?: AbortSignal | undefined;
}

export interface TrialOutcome {
  readonly trial: Trial;
  /** It would come out the same another time; else it is to be tried again, since what was in the way may pass. */
  readonly lasting: boolean;
}

/** What is cut off time and again leaves the plain file to serve, and is tried again behind a later start of a worker. */
const TRIES = 3;

/**
 * Asks the plain file, has weights prepared of it, and asks what was prepared: it serves where it answers alike.
 *
 * What is cut off, by a process that was refused or killed from outside, is begun anew.
 *
 * @throws {WorkerFailedError} where the model can't be served from any file.
 */
export async function runTrial(order: TrialOrder): Promise<TrialOutcome> {
  const { timeoutMs, stop } = order;
  const time = new AbortController();
  const signal = stop ? AbortSignal.any([stop, time.signal]) : time.signal;
  const timer = setTimeout(() => time.abort(`the trial of it took longer than ${timeoutMs / 1000} s`), timeoutMs);
  try {
    for (let tries = 1; ; tries++) {
      const { isCutOff: again, ...outcome } = await tryOnce(order, signal);
      if (!again || tries === TRIES) return outcome;
    }
  } finally {
    clearTimeout(timer);
  }
}

async function tryOnce(order: TrialOrder, signal: AbortSignal): Promise<TrialOutcome & { readonly isCutOff: boolean }> {
  const { model, modelPath, folder, obstacle } = order;
  try {
    const plain = await examinePlain(model, modelPath, signal);
    const verdict = folder === undefined ? withoutFolder(obstacle) : await prepareAlike(order, folder, plain, signal);
    return { trial: trialOf(plain, verdict), lasting: verdict.lasting, isCutOff: verdict.isCutOff };
  } catch (error) {
    if (isLasting(error)) throw error;
    const trial = untried(`the model was not tried: ${inWords(error)}`);
    return { trial, lasting: false, isCutOff: isCutOff(error) };
  }
}

interface Verdict {
  readonly prepared: boolean;
  readonly reason: string | undefined;
  readonly lasting: boolean;
  readonly isCutOff: boolean;
}

const LASTING = { lasting: true, isCutOff: false } as const;

function withoutFolder(obstacle: string | undefined): Verdict {
  return { prepared: false, reason: obstacle, lasting: obstacle === undefined, isCutOff: false };
}

/** With weights packed for the CPU, which workers share; else with those of the file, of which they share what they don't pack. */
async function prepareAlike(
  order: TrialOrder,
  folder: string,
  plain: PlainExamination,
  signal: AbortSignal,
): Promise<Verdict> {
  let reason: string | undefined;
  for (const packed of [true, false]) {
    try {
      for (const name of [PREPARED_MODEL, PREPARED_WEIGHTS]) rmSync(join(folder, name), { force: true });
      const shorter = await order.prepare(order.modelPath, folder, packed, signal);
      const difference = await firstAlike(order.model, folder, shorter, plain, signal);
      if (difference === undefined) return { ...LASTING, prepared: true, reason: undefined };
      reason ??= difference;
    } catch (error) {
      const passing = !isLasting(error) || !(error instanceof WorkerEndedError);
      const told = `the weights can't be prepared: ${inWords(error)}`;
      if (passing) return { prepared: false, reason: told, lasting: false, isCutOff: isCutOff(error) };
      reason ??= told;
    }
  }
  return { ...LASTING, prepared: false, reason };
}

/** Puts the first graph that answers like the plain file in its place. @returns why none does. */
async function firstAlike(
  model: TrialModel,
  folder: string,
  shorter: number,
  plain: PlainExamination,
  signal: AbortSignal,
): Promise<string | undefined> {
  const modelPath = join(folder, PREPARED_MODEL);
  const shortened = Array.from({ length: shorter }, (_, at) => `${modelPath}.${at + 1}`);
  let difference: string | undefined;
  for (const path of [...shortened, modelPath]) {
    difference = await tellApart(model, path, plain, signal);
    if (difference === undefined && path !== modelPath) renameSync(path, modelPath);
    if (difference === undefined) break;
  }
  for (const path of shortened) rmSync(path, { force: true });
  return difference;
}

async function tellApart(
  model: TrialModel,
  modelPath: string,
  plain: PlainExamination,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stamp = (): string => [modelPath, join(modelPath, "..", PREPARED_WEIGHTS)].map(stampOfPath).join();
  const before = stamp();
  try {
    const difference = await examineOther(model, { modelPath, prepared: true }, plain, signal);
    if (stamp() !== before) throw new Error("they were written to while they were tried");
    return difference && `the prepared weights do not answer like the plain file: ${difference}`;
  } catch (error) {
    if (!isLasting(error)) throw error;
    return error instanceof WorkerEndedError
      ? `the prepared weights ended the process with ${error.ending.signal}`
      : `the prepared weights can't be used: ${messageOf(error)}`;
  }
}

function trialOf({ texts, findings }: PlainExamination, { prepared, reason }: Verdict): Trial {
  const { batching, output, movement } = findings;
  return {
    prepared,
    reason,
    batching,
    output,
    labelShifts: movement.labels,
    batchShift: movement.most,
    texts: texts.length,
  };
}

/** Of a model of which nothing is known: texts of one length share a batch, which needs no padding. */
function untried(reason: string): Trial {
  return { prepared: false, reason, batching: "equal", output: "logits", labelShifts: 0, batchShift: 0, texts: 0 };
}

function inWords(error: unknown): string {
  return error instanceof WorkerEndedError ? error.ending.detail : messageOf(error);
}

/** @throws {WorkerFailedError | WorkerEndedError} with the runtime's reason, or the time that ran out. */
export const prepareInChild: Prepare = (...order) => prepare(order, false);

/** The same with what the processors have left. */
export const prepareWithSpareTime: Prepare = (...order) => prepare(order, true);

async function prepare(
  [modelPath, folder, packed, signal]: Parameters<Prepare>,
  isSpare: boolean,
): ReturnType<Prepare> {
  const child = startProcess(signal, isSpare);
  try {
    const preparedPath = join(folder, PREPARED_MODEL);
    return await child.prepare({ modelPath, preparedPath, weightsName: PREPARED_WEIGHTS, packed });
  } finally {
    child.end();
    await child.ended;
  }
}
