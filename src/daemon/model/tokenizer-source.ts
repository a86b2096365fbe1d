import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, systemCodeOf } from "../../lib/errors.ts";
import { invalid } from "./invalid.ts";
import { readJson } from "./json-file.ts";
import { TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from "./model-files.ts";
import { buildTokenizer, readMerges, readWordList } from "./tokenizer-builder.ts";
import type { NamedTokens, Vocabulary } from "./tokenizer-builder.ts";
import { familyOf } from "./tokenizer-class.ts";
import { tokenizerSchema } from "./tokenizer-file.ts";
import type { TokenizerJson } from "./tokenizer-file.ts";
import { adaptTokenizer, tokenizerSettingsSchema } from "./tokenizer-settings.ts";

const MAP_FILE = "special_tokens_map.json";
const ROLES = ["unk_token", "bos_token", "eos_token", "sep_token", "pad_token", "cls_token", "mask_token"];

const named = z.union([z.string(), z.looseObject({ content: z.string(), lstrip: z.boolean(), rstrip: z.boolean() })]);
const roles = z.looseObject(Object.fromEntries(ROLES.map((role) => [role, named.nullish()])));

/**
 * The folder's tokenizer as transformers would open it: tokenizer.json, or what older folders have in its place, with
 * what tokenizer_config.json changes of it.
 *
 * @throws {CombotError} `MODEL_INVALID` naming the file and what to do.
 */
export async function readTokenizerJson(dir: string, modelType: string | null | undefined): Promise<TokenizerJson> {
  const settingsPath = join(dir, TOKENIZER_CONFIG_FILE);
  const settings = await readJson(settingsPath, tokenizerSettingsSchema, {});
  const path = join(dir, TOKENIZER_FILE);
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const json = isThere ? await readJson(path, tokenizerSchema) : await build(dir, modelType);
  try {
    return adaptTokenizer(json, settings, modelType);
  } catch (error) {
    throw invalid(settingsPath, messageOf(error), error);
  }
}

async function build(dir: string, modelType: string | null | undefined): Promise<TokenizerJson> {
  const settings = await readJson(join(dir, TOKENIZER_CONFIG_FILE), tokenizerSettingsSchema, {});
  const family = familyOf(settings.tokenizer_class, modelType);
  const found = family === "other" ? undefined : await readVocabulary(dir, family === "bert");
  if (family === "other" || !found) throw invalid(join(dir, TOKENIZER_FILE), `it is missing. ${commandFor(dir)}`);
  // Versions of transformers put different tokens between the texts of a pair then.
  if (family === "gpt2" && (settings.add_bos_token || settings.add_eos_token))
    throw invalid(
      join(dir, TOKENIZER_FILE),
      `it is missing, and the flags in its place don't tell all. ${commandFor(dir)}`,
    );
  const tokens = { ...(await tokensIn(dir, MAP_FILE)), ...(await tokensIn(dir, TOKENIZER_CONFIG_FILE)) };
  try {
    return tokenizerSchema.parse(buildTokenizer(family, found.vocabulary, tokens));
  } catch (error) {
    throw invalid(join(dir, found.file), messageOf(error), error);
  }
}

/** Quoted for the shell, and given to Python as an argument: a folder's name may hold anything. */
function commandFor(dir: string): string {
  const folder = `'${dir.replaceAll("'", String.raw`'\''`)}'`;
  const program =
    "import sys; from transformers import AutoTokenizer as T; T.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1])";
  return `This command writes it: python3 -c '${program}' ${folder}`;
}

async function readVocabulary(
  dir: string,
  isWords: boolean,
): Promise<{ file: string; vocabulary: Vocabulary } | undefined> {
  if (isWords) {
    const words = await textOf(join(dir, "vocab.txt"));
    return words === undefined ? undefined : { file: "vocab.txt", vocabulary: readWordList(words) };
  }
  const merges = await textOf(join(dir, "merges.txt"));
  if (merges === undefined || (await textOf(join(dir, "vocab.json"))) === undefined) return undefined;
  const ids = await readJson(join(dir, "vocab.json"), z.record(z.string(), z.int().min(0)));
  return { file: "vocab.json", vocabulary: { ids, merges: readMerges(merges) } };
}

async function tokensIn(dir: string, file: string): Promise<NamedTokens> {
  const found = await readJson(join(dir, file), roles, {});
  return Object.fromEntries(
    Object.entries(found).filter(([role, token]) => ROLES.includes(role) && token),
  ) as NamedTokens;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw invalid(path, messageOf(error), error);
  }
}
