import type { CpuTraits } from "./cpu.ts";

export const CONFIG_FILE = "config.json";
export const TOKENIZER_FILE = "tokenizer.json";
export const TOKENIZER_CONFIG_FILE = "tokenizer_config.json";
/** What a model's owner may put beside it: how its answers are to be taken. It is the same model without it. */
export const COMBOT_FILE = "combot.json";

/** Of what older folders have in the place of tokenizer.json. */
export const TOKENIZER_SOURCES = [
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "spiece.model",
  "spm.model",
  "sentencepiece.bpe.model",
  "tokenizer.model",
  "special_tokens_map.json",
  "added_tokens.json",
];

/** Where exporters put the model: `optimum-cli` beside the rest, others in a folder of its own. */
export const MODEL_FOLDERS = ["", "onnx/"];

type Kind = "8 bits" | "32 bits" | "4 bits" | "16 bits";

/** As optimum, transformers.js and sentence-transformers name their files. */
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  ["8 bits", /^model_(?:quantized|u?int8|qu?int8)(?:_(\w+))?\.onnx$/],
  ["32 bits", /^model(?:_optimized|_O[1-3])?\.onnx$/],
  ["4 bits", /^model_(?:q4|bnb4|q4_\w+)\.onnx$/],
  ["16 bits", /^model_(?:fp16|q4f16|O4)\.onnx$/],
];

export function isModelName(name: string): boolean {
  return KINDS.some(([, pattern]) => pattern.test(name));
}

/**
 * The file that this CPU is fastest with, by what its name says of it.
 *
 * 8 bits where the CPU has an instruction for them: measured on an EPYC with AVX512-VNNI, a DistilBERT of 128 tokens
 * takes a third of the time that it takes in 32. Without one, sums of 8-bit products saturate in 16 bits and answers
 * suffer, unless the file was made for that very instruction set. What a GPU is fast with, a CPU is not: onnxruntime
 * turns 16 bits into 32 and back around every operator, and unpacks 4 bits each time.
 *
 * @param files relative to the folder; at least one. @returns them all, the fastest first.
 */
export function bySpeed(files: readonly string[], cpu: CpuTraits): string[] {
  const ranked = files.map((file) => ({ file, rank: rankOf(file, cpu) }));
  return ranked.toSorted((a, b) => a.rank - b.rank || compare(a.file, b.file)).map(({ file }) => file);
}

function rankOf(file: string, cpu: CpuTraits): number {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const [kind, pattern] = KINDS.find(([, candidate]) => candidate.test(name)) ?? [];
  if (kind === "8 bits") return rankOfInt8(pattern?.exec(name)?.[1], cpu);
  if (kind === "32 bits") return name === "model.onnx" ? 10 : 11;
  return kind === "4 bits" ? 30 : 40;
}

/** Made for this CPU's best set, for any, for a lesser set of it; for another CPU last among what still serves well. */
function rankOfInt8(madeFor: string | undefined, { sets, int8Dot }: CpuTraits): number {
  const at = madeFor === undefined ? -1 : sets.indexOf(madeFor);
  if (at === 0) return 0;
  if (at > 0) return int8Dot ? 2 + at : at;
  if (madeFor !== undefined) return 21;
  return int8Dot ? 1 : 20;
}

/** In the folder itself before a folder within it; then by name. */
function compare(a: string, b: string): number {
  return a.split("/").length - b.split("/").length || (a < b ? -1 : 1);
}
