import { parseArgs } from "node:util";
import { modelTypes, presets } from "./spec.ts";
import type { ModelSpec, ModelType } from "./spec.ts";
import { smallestVocabulary } from "./vocabulary.ts";

/** The command line can't be followed: the message says why. */
export class UsageError extends Error {}

export interface Options {
  readonly spec: ModelSpec;
  readonly out: string;
  /** Weights in `model.onnx_data` beside the model. */
  readonly externalData: boolean;
}

export const usage = `Writes a Hugging Face folder with a text classifier in BERT's shape, of any size, with random weights.

  npm run bench:model -- [--preset NAME] [options] --out DIR

  --out DIR           folder to write, made if missing
  --preset NAME       ${Object.keys(presets).join(", ")}; the options below change single values of it
  --type TYPE         ${modelTypes.join(", ")} (default bert)
  --hidden N          width of a token (default 384)
  --layers N          (default 6)
  --heads N           attention heads; they divide the width (default 12)
  --intermediate N    width of the feed-forward part (default 4 x hidden)
  --vocab N           entries of the vocabulary, ${smallestVocabulary} or more (default 30522)
  --positions N       tokens of the longest text (default 512)
  --labels N          classes, 2 or more (default 30)
  --int8              8-bit weights, laid out as onnxruntime's quantize_dynamic does
  --idle-nodes N      in a branch that no text takes: a model that takes long to load (default 0)
  --external-data     weights in a file of their own, model.onnx_data
  --seed N            0 to 4294967295 (default 1): the same seed writes the same bytes
`;

const defaults = {
  type: "bert",
  hidden: 384,
  layers: 6,
  heads: 12,
  vocab: 30522,
  positions: 512,
  labels: 30,
  seed: 1,
} as const;

const flags = {
  out: { type: "string" },
  preset: { type: "string" },
  type: { type: "string" },
  hidden: { type: "string" },
  layers: { type: "string" },
  heads: { type: "string" },
  intermediate: { type: "string" },
  vocab: { type: "string" },
  positions: { type: "string" },
  labels: { type: "string" },
  seed: { type: "string" },
  int8: { type: "boolean" },
  "idle-nodes": { type: "string" },
  "external-data": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** @returns undefined where help was asked for. @throws {UsageError} on anything that can't be followed. */
export function readOptions(args: readonly string[]): Options | undefined {
  const given = parse(args);
  if (given.help) return undefined;
  if (given.out === undefined || given.out === "") throw new UsageError("--out DIR is missing");
  const base = { ...defaults, ...preset(given.preset) };
  const count = (name: "hidden" | "layers" | "heads" | "vocab" | "positions" | "labels", least: number): number =>
    wholeNumber(`--${name}`, given[name], least) ?? base[name];
  const hidden = count("hidden", 1);
  const spec: ModelSpec = {
    type: given.type === undefined ? base.type : modelType(given.type),
    hidden,
    layers: count("layers", 1),
    heads: count("heads", 1),
    intermediate: wholeNumber("--intermediate", given.intermediate, 1) ?? 4 * hidden,
    vocab: count("vocab", smallestVocabulary),
    positions: count("positions", 4),
    labels: count("labels", 2),
    int8: given.int8 ?? false,
    idleNodes: wholeNumber("--idle-nodes", given["idle-nodes"], 1) ?? 0,
    seed: wholeNumber("--seed", given.seed, 0) ?? base.seed,
  };
  if (hidden % spec.heads !== 0) throw new UsageError(`--heads ${spec.heads} does not divide --hidden ${hidden}`);
  return { spec, out: given.out, externalData: given["external-data"] ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function preset(name: string | undefined): Partial<ModelSpec> {
  if (name === undefined) return {};
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets];
  throw new UsageError(`--preset ${name}: there are ${Object.keys(presets).join(", ")}`);
}

function modelType(name: string): ModelType {
  const found = modelTypes.find((type) => type === name);
  if (!found) throw new UsageError(`--type ${name}: there are ${modelTypes.join(", ")}`);
  return found;
}

function wholeNumber(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value >= 2 ** 32) {
    throw new UsageError(`${flag} ${text}: a whole number from ${least} to ${2 ** 32 - 1} is wanted`);
  }
  return value;
}
