import { z } from "zod";
import { checkEnds, endSettings } from "./tokenizer-ends.ts";
import { familyOf } from "./tokenizer-class.ts";
import type { TokenizerFamily } from "./tokenizer-class.ts";
import { UnsupportedTokenizerError } from "./tokenizer-file.ts";
import type { TokenizerJson } from "./tokenizer-file.ts";

const flag = z.boolean().nullish();

export const addedTokenSchema = z.looseObject({
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

/** What of tokenizer_config.json changes the tokens of a text. */
export const tokenizerSettingsSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  do_lower_case: flag,
  strip_accents: flag,
  tokenize_chinese_chars: flag,
  add_prefix_space: flag,
  split_special_tokens: flag,
  ...endSettings,
  added_tokens_decoder: z.record(z.string(), addedTokenSchema).nullish(),
});

export type TokenizerSettings = z.infer<typeof tokenizerSettingsSchema>;
type Part = NonNullable<TokenizerJson["normalizer"]>;

/**
 * tokenizer.json as transformers' AutoTokenizer changes it by tokenizer_config.json, which rules where both speak.
 *
 * @param modelType `model_type` of config.json, which names the class where tokenizer_config.json does not.
 * @throws {UnsupportedTokenizerError} naming a setting that can't be honoured.
 */
export function adaptTokenizer(
  json: TokenizerJson,
  settings: TokenizerSettings,
  modelType?: string | null,
): TokenizerJson {
  if (settings.split_special_tokens)
    throw new UnsupportedTokenizerError("tokenizer_config.json sets split_special_tokens, which is not supported");
  checkEnds(json, settings, modelType);
  const family = familyOf(settings.tokenizer_class, modelType);
  return {
    ...json,
    normalizer: json.normalizer && cased(json.normalizer, settings, family),
    pre_tokenizer: json.pre_tokenizer && spaced(json.pre_tokenizer, settings, family),
    added_tokens: withAdded(json, settings),
  };
}

/** BERT's classes set all three, whatever tokenizer.json says, and have defaults of their own. */
function cased(part: Part, settings: TokenizerSettings, family: TokenizerFamily): Part {
  if (family !== "bert" || part.type !== "BertNormalizer") return part;
  return {
    ...part,
    lowercase: settings.do_lower_case ?? true,
    strip_accents: settings.strip_accents ?? null,
    handle_chinese_chars: settings.tokenize_chinese_chars ?? true,
  };
}

/** Classes of their own set it; the general one where it is said. */
function spaced(part: Part, settings: TokenizerSettings, family: TokenizerFamily): Part {
  const isSet = family === "roberta" || family === "gpt2" || typeof settings.add_prefix_space === "boolean";
  if (part.type !== "ByteLevel" || !isSet) return part;
  return { ...part, add_prefix_space: settings.add_prefix_space ?? false };
}

/** Tokens that only tokenizer_config.json has are found in texts all the same; those of both are as it describes them. */
function withAdded(
  { added_tokens: added, model }: TokenizerJson,
  settings: TokenizerSettings,
): TokenizerJson["added_tokens"] {
  const given = Object.entries(settings.added_tokens_decoder ?? {}).map(([id, token]) => ({
    id: Number(id),
    ...token,
    normalized: token.normalized ?? !token.special,
  }));
  const more = new Map(given.map((token) => [token.content, token]));
  const known = new Set(added.map(({ content }) => content));
  const fresh = given.filter(({ content }) => !known.has(content));
  for (const { content, id } of fresh) checkId(content, id, model.vocab);
  const same = added.map((token) => ({ ...token, ...more.get(token.content), id: token.id }));
  return [...same, ...fresh].toSorted((a, b) => a.id - b.id);
}

function checkId(content: string, id: number, vocab: unknown): void {
  const isMap = typeof vocab === "object" && vocab !== null && !Array.isArray(vocab);
  const known = isMap ? (vocab as Readonly<Record<string, number>>)[content] : undefined;
  if (known === undefined || known === id) return;
  throw new UnsupportedTokenizerError(
    `tokenizer_config.json gives ${content} the id ${id}, and its vocabulary ${known}`,
  );
}
