import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Graph } from "../../src/lib/onnx/graph.ts";
import { encodeModel, encodeModelWithExternalData } from "../../src/lib/onnx/model.ts";
import { buildClassifier, modelOptions } from "./classifier.ts";
import { configJson } from "./config.ts";
import { UsageError } from "./options.ts";
import type { ModelSpec } from "./spec.ts";
import { tokenizerConfigJson, tokenizerJson } from "./tokenizer.ts";

const modelName = "model.onnx";
/** Optimum's name for it. */
const dataName = "model.onnx_data";
/** What one protobuf message may hold; the graph itself takes far less than the mebibyte kept free. */
const largestModelBytes = 2 ** 31 - 2 ** 20;
const pieceBytes = 2 ** 28;

export interface WrittenFolder {
  readonly parameters: number;
  readonly files: Readonly<Record<string, number>>;
}

/**
 * Writes the folder; each file is put in place by a rename, so that a process that has an older one mapped keeps it.
 *
 * @param progress told what comes next, in words.
 * @returns the number of weights, and the bytes of each file by its name.
 * @throws {UsageError} if the weights need a file of their own and `externalData` is false.
 */
export function writeFolder(
  dir: string,
  spec: ModelSpec,
  externalData: boolean,
  progress: (doing: string) => void,
): WrittenFolder {
  mkdirSync(dir, { recursive: true });
  const files: Record<string, number> = {};
  const write = (name: string, content: Uint8Array): void => {
    progress(`writing ${name}, ${megabytes(content.byteLength)}`);
    replaceFile(join(dir, name), content);
    files[name] = content.byteLength;
  };

  progress("making weights");
  const graph = buildClassifier(spec);
  const weightBytes = sum(graph, ({ bytes }) => bytes.byteLength);
  if (!externalData && weightBytes > largestModelBytes) {
    throw new UsageError(`${megabytes(weightBytes)} of weights are more than one ONNX file holds: add --external-data`);
  }
  for (const [name, content] of Object.entries(encodeGraph(graph, externalData))) write(name, content);
  if (!externalData) rmSync(join(dir, dataName), { force: true });
  progress("making the tokenizer");
  write("tokenizer.json", json(tokenizerJson(spec)));
  write("tokenizer_config.json", json(tokenizerConfigJson(spec)));
  write("config.json", json(configJson(spec)));
  return { parameters: sum(graph, ({ dims }) => dims.reduce((a, b) => a * b, 1)), files };
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The data before the model that points into it. */
function encodeGraph(graph: Graph, externalData: boolean): Record<string, Uint8Array> {
  if (!externalData) return { [modelName]: encodeModel(graph, modelOptions) };
  const { model, data } = encodeModelWithExternalData(graph, { ...modelOptions, location: dataName });
  return { [dataName]: data, [modelName]: model };
}

function sum(graph: Graph, measure: (tensor: Graph["initializers"][number]["tensor"]) => number): number {
  return graph.initializers.reduce((total, { tensor }) => total + measure(tensor), 0);
}

function json(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 1)}\n`);
}

function replaceFile(path: string, content: Uint8Array): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, "w");
  try {
    // One write takes less than 2 GiB.
    for (let at = 0; at < content.byteLength;)
      at += writeSync(file, content, at, Math.min(pieceBytes, content.byteLength - at));
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}
