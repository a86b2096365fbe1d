import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor } from "../../src/lib/onnx/tensor.ts";
import { buildClassifier } from "../model/classifier.ts";
import { readOptions } from "../model/options.ts";
import { MINILM_FP32 } from "../serve/model.ts";

/** From the graph's names to those of app/encoder.py; the first that matches holds. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^embeddings\.(word|position|token_type)_embeddings$/, "embeddings.$1.weight"],
  [/^embeddings\.LayerNorm\./, "embeddings.norm."],
  [/^encoder\.layer\.(\d+)\.attention\.LayerNorm\./, "layers.$1.attention_norm."],
  [/^encoder\.layer\.(\d+)\.output\.LayerNorm\./, "layers.$1.norm."],
  [/^encoder\.layer\.(\d+)\./, "layers.$1."],
  [/^pooler\.dense\./, "pooler."],
  [/^classifier\./, "classifier."],
];
const MATRIX_OF_A_LAYER = /^encoder\.layer\.\d+\..*\.weight$/;

interface Placed {
  readonly name: string;
  readonly tensor: Tensor;
}

/** The folder that a user of torch has: the model's own configuration and tokenizer, and its weights as safetensors. */
export function writeTorchFolder(from: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const name of ["config.json", "tokenizer.json"]) copyFileSync(join(from, name), join(folder, name));
  writeFileSync(join(folder, "model.safetensors"), safetensors(weights()));
  return folder;
}

/** Made once more: the same seed makes the same weights. */
function weights(): Placed[] {
  const [preset = ""] = MINILM_FP32.split("-");
  const { spec } = readOptions(["--preset", preset, "--out", "."])!;
  return buildClassifier(spec).initializers.flatMap(({ name, tensor }) => {
    const found = NAMES.find(([pattern]) => pattern.test(name));
    if (!found || tensor.type !== "float32") return [];
    const own = MATRIX_OF_A_LAYER.test(name) && tensor.dims.length === 2 ? transposed(tensor) : tensor;
    return [{ name: name.replace(...found), tensor: own }];
  });
}

/** A layer's matrix is [inputs, outputs] in the graph, and [outputs, inputs] in torch. */
function transposed({ type, dims, bytes }: Tensor): Tensor {
  const [rows = 0, columns = 0] = dims;
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, rows * columns);
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  return { type, dims: [columns, rows], bytes: new Uint8Array(turned.buffer) };
}

/** Format: https://huggingface.co/docs/safetensors; the header is filled with spaces up to a multiple of 8 bytes. */
function safetensors(all: readonly Placed[]): Buffer {
  let end = 0;
  const entries = all.map(({ name, tensor: { dims, bytes } }) => {
    const begin = end;
    end += bytes.byteLength;
    return [name, { dtype: "F32", shape: dims, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...all.map(({ tensor }) => tensor.bytes)]);
}
