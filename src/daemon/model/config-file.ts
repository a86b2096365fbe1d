import { z } from "zod";
import type { TokenizerFile, TokenizerJson } from "./tokenizer-file.ts";

/** What we read of config.json. */
export const configSchema = z.looseObject({
  id2label: z.record(z.string().regex(/^\d+$/), z.string(), "it must name the labels"),
  max_position_embeddings: z.int().min(4).nullish(),
  pad_token_id: z.int().min(0).nullish(),
  problem_type: z.string().nullish(),
  model_type: z.string().nullish(),
  vocab_size: z.int().nullish(),
});

/** What we read of tokenizer_config.json, which may be missing. */
export const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().nullish(),
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
});

type Config = z.infer<typeof configSchema>;
type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

const DEFAULT_WINDOW_TOKENS = 512;
const SHORTEST_WINDOW = 4;
/** Exporters write 1e30 where the tokenizer knows no limit. */
const NO_LIMIT = 1e6;

/** These count positions from the pad id + 1, so that the first of theirs are no use for text. */
const OFFSET_POSITIONS = /roberta|camembert|bertweet|mpnet|longformer|ibert|data2vec|xmod/;
const DEFAULT_PAD_ID_OF_THOSE = 1;

/** In the order of the logits. @throws {Error} */
export function labelsOf({ id2label, problem_type: problem }: Config): string[] {
  if (problem === "regression") throw new Error("its problem_type is regression, which has no labels");
  const labels = Object.keys(id2label).map((_, index) => id2label[String(index)]);
  if (labels.length < 2 || labels.some((label) => label === undefined)) {
    throw new Error("id2label must name two labels or more, numbered from 0");
  }
  return labels as string[];
}

/** The position limit or the tokenizer's, whichever is tighter. */
export function windowOf(config: Config, { model_max_length: length }: TokenizerConfig): number {
  const isOffset = OFFSET_POSITIONS.test(config.model_type ?? "");
  const offset = isOffset ? (config.pad_token_id ?? DEFAULT_PAD_ID_OF_THOSE) + 1 : 0;
  const positions = config.max_position_embeddings ? config.max_position_embeddings - offset : undefined;
  const longest = length && length >= SHORTEST_WINDOW && length < NO_LIMIT ? Math.floor(length) : undefined;
  return Math.min(positions ?? longest ?? DEFAULT_WINDOW_TOKENS, longest ?? Infinity);
}

/** The tokenizer knows best; config.json's is what the model was made with, which may say nothing. */
export function padIdOf(
  tokenizer: TokenizerFile,
  padding: TokenizerJson["padding"],
  settings: TokenizerConfig,
  config: Config,
): number {
  const { pad_token: token } = settings;
  const named = [typeof token === "object" ? token?.content : token, padding?.pad_token, "[PAD]", "<pad>"];
  const ids = named.map((name) => (typeof name === "string" ? tokenizer.idOf(name) : undefined));
  return ids.find((id) => id !== undefined) ?? padding?.pad_id ?? config.pad_token_id ?? 0;
}

/** Ids past the embeddings would fail at the first text that has them. @throws {Error} */
export function checkVocabulary({ vocab_size: size }: Config, tokenizer: TokenizerFile, padId: number): void {
  const largest = Math.max(tokenizer.largestId, padId);
  if (size && largest >= size)
    throw new Error(`it has token ids up to ${largest}, and config.json's vocab_size is ${size}`);
}
