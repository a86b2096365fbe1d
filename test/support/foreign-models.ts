import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildClassifier, modelOptions } from "../../bench/model/classifier.ts";
import { traits } from "../../bench/model/spec.ts";
import type { ModelType } from "../../bench/model/spec.ts";
import { encodeModel, encodeModelWithExternalData } from "../../src/lib/onnx/model.ts";
import { byteLevelBpe, sizeOf, wordPiece } from "./tokenizers.ts";
import type { TokenizerJson } from "./tokenizers.ts";

export interface ForeignModel {
  readonly type?: ModelType;
  /** Left out: the one such models come with. */
  readonly tokenizer?: TokenizerJson;
  readonly labels?: readonly string[];
  readonly multiLabel?: boolean;
  /** Weights in model.onnx_data. */
  readonly externalData?: boolean;
  /** In onnx/, as for transformers.js. */
  readonly inFolder?: boolean;
  /** Tokens of the longest text. */
  readonly positions?: number;
  /** What config.json says beyond or instead of what is so. */
  readonly config?: object;
  /** None, as in the oldest exports, where left out. */
  readonly tokenizerConfig?: object;
}

/** A classifier of one layer with random weights, in the shape and with the files that `optimum-cli export onnx` gives it. */
export function writeForeignModel(dir: string, foreign: ForeignModel = {}): string {
  const { type = "distilbert", labels = ["NEGATIVE", "POSITIVE"], positions = 32, inFolder = false } = foreign;
  const tokenizer = foreign.tokenizer ?? (type === "roberta" ? byteLevelBpe() : wordPiece());
  const shape = { hidden: 8, layers: 1, heads: 2, intermediate: 16, int8: false, idleNodes: 0, seed: 3 };
  const graph = buildClassifier({ ...shape, type, positions, vocab: sizeOf(tokenizer), labels: labels.length });
  const { architecture, padId, positionOffset } = traits[type];
  const files: Record<string, string | Uint8Array> = {
    "config.json": JSON.stringify({
      _name_or_path: "somewhere/else",
      architectures: [architecture],
      model_type: type,
      id2label: Object.fromEntries(labels.entries()),
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
      max_position_embeddings: positions + positionOffset,
      pad_token_id: padId,
      ...(foreign.multiLabel ? { problem_type: "multi_label_classification" } : {}),
      torch_dtype: "float32",
      transformers_version: "4.44.2",
      vocab_size: sizeOf(tokenizer),
      ...foreign.config,
    }),
    "tokenizer.json": JSON.stringify(tokenizer),
    ...(foreign.tokenizerConfig ? { "tokenizer_config.json": JSON.stringify(foreign.tokenizerConfig) } : {}),
    "special_tokens_map.json": "{}",
  };
  const place = inFolder ? "onnx/" : "";
  const options = { ...modelOptions, producer: "pytorch" };
  if (foreign.externalData) {
    const { model, data } = encodeModelWithExternalData(graph, {
      ...options,
      location: "model.onnx_data",
      minBytes: 64,
    });
    Object.assign(files, { [`${place}model.onnx`]: model, [`${place}model.onnx_data`]: data });
  } else {
    files[`${place}model.onnx`] = encodeModel(graph, options);
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  return dir;
}
