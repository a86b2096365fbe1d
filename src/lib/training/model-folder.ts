import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CombotError, messageOf } from "../errors.ts";
import { replaceFileNow } from "../replace-file.ts";
import { padId } from "./vocabulary.ts";
import { windowTokens } from "./tokenizer.ts";
import type { TokenizerFiles } from "./tokenizer.ts";

/** Anybody may read a model. */
const MODE = 0o644;

export interface TrainedModel {
  readonly name: string;
  readonly labels: readonly string[];
  readonly vocabulary: readonly string[];
  readonly tokenizer: TokenizerFiles;
  readonly onnx: Uint8Array;
}

/** Files of a Hugging Face folder, by name. */
export function modelFiles(model: TrainedModel): Readonly<Record<string, string | Uint8Array>> {
  return {
    "config.json": toJson(describeModel(model)),
    "tokenizer.json": toJson(model.tokenizer.tokenizer),
    "tokenizer_config.json": toJson(model.tokenizer.config),
    "model.onnx": model.onnx,
  };
}

/**
 * Writes them. Each file is written beside its place and renamed into it, the model last, so that a reader never meets
 * half a file; other files in the folder stay.
 */
export function writeModelFolder(folder: string, model: TrainedModel): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(modelFiles(model))) replaceFileNow(join(folder, name), content, MODE);
}

export function writeMetrics(folder: string, metrics: object): void {
  replaceFileNow(join(folder, "metrics.json"), toJson(metrics), MODE);
}

/**
 * Makes a folder that was not there, whole or not at all: it is written beside its place under a name of its own, and
 * renamed. What a training that was killed in that moment left there is swept.
 *
 * @throws {CombotError} `USAGE` where there is something in its place, or no room.
 */
export function publishFolder(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const beside = join(dirname(folder), `.${basename(folder)}.${process.pid}${MAKING}`);
  try {
    mkdirSync(dirname(folder), { recursive: true });
    sweep(folder);
    mkdirSync(beside);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(beside, name), content, { flush: true });
    renameSync(beside, folder);
  } catch (error) {
    throw new CombotError("USAGE", `${folder} can't be written: ${messageOf(error)}.`, { cause: error });
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

const MAKING = ".making";

function sweep(folder: string): void {
  const prefix = `.${basename(folder)}.`;
  for (const name of readdirSync(dirname(folder))) {
    if (!name.startsWith(prefix) || !name.endsWith(MAKING)) continue;
    const pid = Number(name.slice(prefix.length, -MAKING.length));
    if (Number.isInteger(pid) && !existsSync(`/proc/${pid}`)) rmSync(join(dirname(folder), name), { recursive: true });
  }
}

function describeModel({ name, labels, vocabulary }: TrainedModel): object {
  return {
    _name_or_path: name,
    architectures: ["NgramBagForSequenceClassification"],
    model_type: "ngram-bag",
    problem_type: "single_label_classification",
    torch_dtype: "float32",
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    max_position_embeddings: windowTokens,
    pad_token_id: padId,
    vocab_size: vocabulary.length,
  };
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
