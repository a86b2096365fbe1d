import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { padId } from "./vocabulary.ts";
import { windowTokens } from "./tokenizer.ts";
import type { TokenizerFiles } from "./tokenizer.ts";

export interface TrainedModel {
  readonly name: string;
  readonly labels: readonly string[];
  readonly vocabulary: readonly string[];
  readonly tokenizer: TokenizerFiles;
  readonly onnx: Uint8Array;
}

/**
 * Writes a Hugging Face folder. Each file is written beside its place and renamed into it, the
 * model last, so that a reader never meets half a file; other files in the folder stay.
 */
export function writeModelFolder(folder: string, model: TrainedModel): void {
  mkdirSync(folder, { recursive: true });
  replaceFile(folder, "config.json", toJson(describeModel(model)));
  replaceFile(folder, "tokenizer.json", toJson(model.tokenizer.tokenizer));
  replaceFile(folder, "tokenizer_config.json", toJson(model.tokenizer.config));
  replaceFile(folder, "model.onnx", model.onnx);
}

export function writeMetrics(folder: string, metrics: object): void {
  replaceFile(folder, "metrics.json", toJson(metrics));
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

function replaceFile(folder: string, name: string, content: string | Uint8Array): void {
  const temporary = join(folder, `.${name}.new`);
  writeFileSync(temporary, content);
  renameSync(temporary, join(folder, name));
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
