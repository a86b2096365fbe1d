import { messageOf } from "../../lib/errors.ts";
import type { TextTokens } from "../workers/texts.ts";
import { WorkerEndedError, WorkerFailedError } from "../workers/worker-process.ts";
import { Examinee } from "./examinee.ts";
import type { Rows } from "./examinee.ts";
import { differenceOf, findingsOf } from "./findings.ts";
import type { Findings, PlainAnswers } from "./findings.ts";
import { isFinite } from "./movement.ts";
import { isLasting } from "./outcome.ts";
import { alone, copiesOf, ofAllLengths, ofOneLength } from "./trial-batches.ts";
import type { Batches } from "./trial-batches.ts";
import { trialTexts } from "./trial-texts.ts";
import type { TrialTexts } from "./trial-texts.ts";
import type { LoadableFile, TrialModel } from "./trial.ts";

/** What the plain file answered to the texts, and what was made of it. */
export interface PlainExamination {
  readonly texts: readonly TextTokens[];
  readonly answers: PlainAnswers;
  readonly findings: Findings;
}

/**
 * Asks the plain file.
 *
 * @throws {WorkerFailedError} where it can't be served. @throws {WorkerEndedError} where its process came to an end that
 *   says nothing of the model.
 */
export async function examinePlain(
  model: TrialModel,
  modelPath: string,
  signal: AbortSignal,
): Promise<PlainExamination> {
  const asked = await trialTexts(model);
  const examinee = new Examinee(model, { modelPath, prepared: false }, signal);
  try {
    const answers = await answersOf(examinee, asked);
    return { texts: asked.texts, answers, findings: findingsOf(answers) };
  } catch (error) {
    if (error instanceof WorkerEndedError && isLasting(error))
      throw new WorkerFailedError(`an ordinary text ended its process: ${error.ending.detail}`, true);
    throw error;
  } finally {
    await examinee.end();
  }
}

async function answersOf(examinee: Examinee, { texts, lastEntry }: TrialTexts): Promise<PlainAnswers> {
  const rows = await examinee.ask(texts, alone(texts));
  if (!isFinite(rows)) throw new WorkerFailedError("the logits of a text are no finite numbers", true);
  const { oneByOne } = examinee;
  const inBatches = (batches: Batches): Promise<Rows | undefined> =>
    oneByOne ? Promise.resolve(undefined) : lenient(examinee.ask(texts, batches));
  const answers: PlainAnswers = {
    alone: rows,
    copies: await inBatches(copiesOf(texts)),
    equal: await inBatches(ofOneLength(texts)),
    padded: await inBatches(ofAllLengths(texts)),
    oneByOne,
  };
  await checkLastEntry(examinee, lastEntry);
  return answers;
}

/** A batch of a kind that the model can't take is one that it isn't given; what came from outside says nothing of it. */
async function lenient(asked: Promise<Rows>): Promise<Rows | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isLasting(error)) return undefined;
    throw error;
  }
}

/** A text that ends the process is a matter of its own, and is refused when it comes. */
async function checkLastEntry(examinee: Examinee, entry: TextTokens): Promise<void> {
  try {
    await examinee.ask([entry], [[0]]);
  } catch (error) {
    if (!(error instanceof WorkerFailedError)) {
      if (error instanceof WorkerEndedError && !isLasting(error)) throw error;
      return;
    }
    throw new WorkerFailedError(`the last token of the tokenizer has no place in the model: ${messageOf(error)}`, true);
  }
}

/** Why another file of the model does not answer like the plain one; undefined where it does. @throws as `examinePlain`. */
export async function examineOther(
  model: TrialModel,
  file: LoadableFile,
  { texts, answers, findings }: PlainExamination,
  signal: AbortSignal,
): Promise<string | undefined> {
  const examinee = new Examinee(model, file, signal);
  const served: [Batches, Rows | undefined][] = [
    [alone(texts), answers.alone],
    ...({
      padded: [[ofAllLengths(texts), answers.padded]],
      equal: [[ofOneLength(texts), answers.equal]],
      single: [],
    }[findings.batching] as [Batches, Rows | undefined][]),
  ];
  try {
    for (const [batches, expected] of served) {
      const difference = expected && differenceOf(findings, expected, await examinee.ask(texts, batches));
      if (difference !== undefined) return difference;
    }
    return undefined;
  } finally {
    await examinee.end();
  }
}
