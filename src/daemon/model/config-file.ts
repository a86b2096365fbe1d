import { z } from "zod";
import type { TokenizerFile, TokenizerJson } from "./tokenizer-file.ts";

const side = z.enum(["right", "left"]);
const id = z.int().min(0);

/** What a value of no meaning stands for is what a missing one does: exporters write -1 where there is none. */
function orAbsent<T extends z.ZodType>(schema: T): z.ZodCatch<z.ZodOptional<z.ZodNullable<T>>> {
  return schema.nullish().catch(undefined);
}

/** What we read of config.json. */
export const configSchema = z.looseObject({
  id2label: z.record(z.string().regex(/^\d+$/), z.union([z.string(), z.number()]), "it must name the labels").nullish(),
  label2id: orAbsent(z.record(z.string(), z.coerce.number().pipe(id))),
  num_labels: orAbsent(z.int().min(1)),
  max_position_embeddings: orAbsent(z.int().min(4)),
  pad_token_id: orAbsent(id),
  problem_type: z.string().nullish(),
  model_type: z.string().nullish(),
  vocab_size: z.int().nullish(),
});

/** What we read of tokenizer_config.json, which may be missing. */
export const tokenizerConfigSchema = z.looseObject({
  model_max_length: z.number().nullish(),
  pad_token: z.union([z.string(), z.looseObject({ content: z.string() })]).nullish(),
  padding_side: side.nullish(),
  truncation_side: side.nullish(),
  tokenizer_class: z.string().nullish(),
});

export type Config = z.infer<typeof configSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

const DEFAULT_WINDOW_TOKENS = 512;
const SHORTEST_WINDOW = 4;
/** Exporters write 1e30 where the tokenizer knows no limit. */
const NO_LIMIT = 1e6;

/** These count positions from the pad id + 1, so that the first of theirs are no use for text. */
const OFFSET_POSITIONS = /roberta|camembert|bertweet|mpnet|longformer|ibert|data2vec|xmod/;
const DEFAULT_PAD_ID_OF_THOSE = 1;

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

/**
 * Ids past the embeddings would fail at the first text that has them. config.json tells how many there are of what the
 * model was trained with; tokens that were added since are held against the graph, where that tells.
 *
 * @param added ids of tokens beside the vocabulary. @throws {Error}
 */
export function checkVocabulary(
  { vocab_size: size }: Config,
  embeddings: number | undefined,
  { tokenizer, padId, added }: { tokenizer: TokenizerFile; padId: number; added: readonly number[] },
): void {
  const largest = Math.max(tokenizer.largestId, padId);
  if (size && largest >= size)
    throw new Error(`it has token ids up to ${largest}, and config.json's vocab_size is ${size}`);
  const [limit, source] =
    embeddings === undefined ? [size, "config.json's vocab_size is"] : [embeddings, "the graph's embeddings are"];
  const past = [largest, ...added].find((id) => limit && id >= limit);
  if (past !== undefined) throw new Error(`it has a token of the id ${past}, and ${source} ${limit}`);
}
