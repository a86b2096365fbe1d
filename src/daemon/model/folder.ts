import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { checkVocabulary, configSchema, labelsOf, padIdOf, tokenizerConfigSchema, windowOf } from "./config-file.ts";
import { invalid, readJson } from "./json-file.ts";
import { readOnnxHeader } from "./onnx-header.ts";
import type { OnnxHeader } from "./onnx-header.ts";
import { checkSignature } from "./signature.ts";
import { readTokenizer, tokenizerSchema } from "./tokenizer-file.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";

export type Activation = "softmax" | "sigmoid" | "none";
export type Side = "right" | "left";

/** A classifier as `optimum-cli export onnx` writes it, read and checked but not loaded. */
export interface ModelFolder {
  /** The folder's name. */
  readonly name: string;
  /** Without links: a link that is moved to another folder changes nothing here. */
  readonly dir: string;
  readonly modelPath: string;
  /** Files that hold weights of the model, sorted. */
  readonly externalPaths: readonly string[];
  /** Of the model file and its external data. */
  readonly bytes: number;
  readonly header: OnnxHeader;
  /** In the order of the logits. */
  readonly labels: readonly string[];
  /** The graph's output that has them: `logits`, or the only one. */
  readonly outputName: string;
  /** What makes scores of that output; `none` where the graph did it itself, or where it is a raw number. */
  readonly activation: Activation;
  /** Scores are independent of one another. */
  readonly multiLabel: boolean;
  /** One raw number, not 0 to 1. */
  readonly regression: boolean;
  /** Where the model's tokenizer pads a text, and where it cuts one. */
  readonly paddingSide: Side;
  readonly truncationSide: Side;
  /** Tokens the model takes at most, special ones included. */
  readonly windowTokens: number;
  readonly padId: number;
  readonly tokenizer: TokenizerFile;
}

/** Where exporters put the model: `optimum-cli` beside the rest, others in a folder of its own. */
const MODEL_PATHS = ["model.onnx", "onnx/model.onnx"];

/** @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it. */
export async function readModelFolder(given: string): Promise<ModelFolder> {
  const dir = await realpath(given).catch((error: unknown) => {
    throw new CombotError("MODEL_INVALID", `the folder ${given} can't be read: ${messageOf(error)}`, { cause: error });
  });
  const [configPath, tokenizerPath] = [join(dir, "config.json"), join(dir, "tokenizer.json")];
  const config = await readJson(configPath, configSchema);
  const tokenizerJson = await readJson(tokenizerPath, tokenizerSchema);
  const settings = await readJson(join(dir, "tokenizer_config.json"), tokenizerConfigSchema, {});

  const labels = blame(configPath, () => labelsOf(config));
  const tokenizer = blame(tokenizerPath, () => readTokenizer(tokenizerJson));
  const padId = padIdOf(tokenizer, tokenizerJson.padding, settings, config);
  blame(tokenizerPath, () => checkVocabulary(config, tokenizer, padId));
  const multiLabel = config.problem_type === "multi_label_classification";
  return {
    name: basename(dir),
    dir,
    ...(await readModel(dir, labels.length)),
    labels,
    outputName: "logits",
    activation: multiLabel ? "sigmoid" : "softmax",
    multiLabel,
    regression: false,
    paddingSide: "right",
    truncationSide: "right",
    windowTokens: windowOf(config, settings),
    padId,
    tokenizer,
  };
}

type ModelPart = Pick<ModelFolder, "modelPath" | "externalPaths" | "bytes" | "header">;

async function readModel(dir: string, labels: number): Promise<ModelPart> {
  const { path: modelPath, bytes } = await findModel(dir);
  const header = await readOnnxHeader(modelPath).catch((error: unknown) => {
    throw invalid(modelPath, messageOf(error), error);
  });
  blame(modelPath, () => checkSignature(header, labels));
  const external = await Promise.all(
    [...header.externalData].map(([name, needed]) =>
      measureExternal(join(dirname(modelPath), name), needed, modelPath),
    ),
  );
  return {
    modelPath,
    externalPaths: external.map(({ path }) => path).toSorted(),
    bytes: external.reduce((sum, file) => sum + file.bytes, bytes),
    header,
  };
}

interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

async function findModel(dir: string): Promise<FoundFile> {
  for (const name of MODEL_PATHS) {
    const path = join(dir, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return { path, bytes: found.size };
  }
  throw new CombotError("MODEL_INVALID", `${dir}: neither ${MODEL_PATHS.join(" nor ")} is there`);
}

async function measureExternal(path: string, needed: number, modelPath: string): Promise<FoundFile> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw invalid(path, `it is missing, and ${basename(modelPath)} keeps weights in it`);
  if (found.size < needed) {
    throw invalid(
      path,
      `it is cut off: it has ${found.size} bytes, and ${basename(modelPath)} keeps weights in ${needed}`,
    );
  }
  return { path, bytes: found.size };
}

/** Names the file in whatever `check` throws. */
function blame<T>(path: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw invalid(path, messageOf(error), error);
  }
}
