import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { isAbsence } from "../../lib/system-errors.ts";
import { checkVocabulary, configSchema, padIdOf, tokenizerConfigSchema, windowOf } from "./config-file.ts";
import { invalid } from "./invalid.ts";
import { readJson } from "./json-file.ts";
import { nameOfFolder } from "./folder-name.ts";
import { labelsOf, repeatedLabels } from "./labels.ts";
import { CONFIG_FILE, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from "./model-files.ts";
import { readOnnxHeader } from "./onnx-header.ts";
import type { OnnxHeader } from "./onnx-header.ts";
import { scoringOf } from "./scoring.ts";
import type { Scoring } from "./scoring.ts";
import { paddingSideOf, truncationSideOf } from "./sides.ts";
import type { Side } from "./sides.ts";
import { checkWidth, readSignature } from "./signature.ts";
import { surveyFolder } from "./survey.ts";
import { readTokenizer } from "./tokenizer-file.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { readTokenizerJson } from "./tokenizer-source.ts";

/** A classifier as `optimum-cli export onnx` writes it, read and checked but not loaded. */
export interface ModelFolder extends Scoring {
  /** The folder's, or in a cache of Hugging Face's the model's. */
  readonly name: string;
  /** Its owner's, without links: a link that is moved to another folder changes nothing here. */
  readonly dir: string;
  /** Where its files were read, and are loaded from: a copy of what counts of `dir`. */
  readonly sealedDir: string;
  /** The model file, relative to the folder. */
  readonly file: string;
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
  /** Where the model's tokenizer pads a text, and where it cuts one. */
  readonly paddingSide: Side;
  readonly truncationSide: Side;
  /** Tokens the model takes at most, special ones included. */
  readonly windowTokens: number;
  readonly padId: number;
  readonly tokenizer: TokenizerFile;
  /** What its owner should know though it can be served, a sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Reads a folder that nobody writes to.
 *
 * @param file the model file, relative to the folder; the fastest one where left out.
 * @throws {CombotError} `MODEL_INVALID` naming the file at fault and what is wrong with it.
 */
export async function readModelFolder(given: string, file?: string): Promise<ModelFolder> {
  const { dir, file: chosen } = surveyFolder(given, file);
  const [configPath, tokenizerPath] = [join(dir, CONFIG_FILE), join(dir, TOKENIZER_FILE)];
  const config = await readJson(configPath, configSchema);
  const tokenizerJson = await readTokenizerJson(dir, config.model_type);
  const settings = await readJson(join(dir, TOKENIZER_CONFIG_FILE), tokenizerConfigSchema, {});

  const model = await readModel(dir, chosen);
  const { header, modelPath } = model;
  const signature = blame(modelPath, () => readSignature(header));
  const labels = blame(configPath, () => labelsOf(config, signature.width));
  blame(modelPath, () => checkWidth(signature, labels.length));
  const tokenizer = blame(tokenizerPath, () => readTokenizer(tokenizerJson));
  const padId = padIdOf(tokenizer, tokenizerJson.padding, settings, config);
  const added = tokenizerJson.added_tokens.map(({ id }) => id);
  blame(tokenizerPath, () => checkVocabulary(config, header.embeddings, { tokenizer, padId, added }));
  return {
    name: nameOfFolder(dir),
    dir,
    sealedDir: dir,
    file: chosen,
    ...model,
    labels,
    outputName: signature.outputName,
    ...scoringOf(config, labels.length, signature.activation),
    paddingSide: paddingSideOf(settings, tokenizerJson.padding),
    truncationSide: truncationSideOf(settings, tokenizerJson["truncation"]),
    windowTokens: Math.min(windowOf(config, settings), signature.fixedTokens ?? Infinity),
    padId,
    tokenizer,
    remarks: remarksOn(labels),
  };
}

function remarksOn(labels: readonly string[]): string[] {
  const repeated = repeatedLabels(labels);
  if (repeated.length === 0) return [];
  const named = repeated
    .slice(0, 3)
    .map((label) => JSON.stringify(label))
    .join(", ");
  return [`More than one label is called ${named}: an answer does not tell which of them it means.`];
}

type ModelPart = Pick<ModelFolder, "modelPath" | "externalPaths" | "bytes" | "header">;

async function readModel(dir: string, file: string): Promise<ModelPart> {
  const modelPath = join(dir, file);
  const { size: bytes } = await stat(modelPath);
  const header = await readOnnxHeader(modelPath).catch((error: unknown) => {
    throw invalid(modelPath, messageOf(error), error);
  });
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

async function measureExternal(path: string, needed: number, modelPath: string): Promise<FoundFile> {
  const found = await stat(path).catch((error: unknown) => {
    if (!isAbsence(error)) throw invalid(path, messageOf(error), error);
  });
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
