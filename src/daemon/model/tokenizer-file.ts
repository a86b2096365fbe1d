import { z } from "zod";
import { checkSpecials } from "./tokenizer-specials.ts";

export type TokenizerKind = "WordPiece" | "BPE" | "Unigram" | "WordLevel";

/** tokenizer.json asks for something that can't be done as it should. */
export class UnsupportedTokenizerError extends Error {}

/** tokenizer.json, checked. */
export interface TokenizerFile {
  readonly kind: TokenizerKind;
  /** As the file has it, its kind named. */
  readonly json: object;
  /** Tokens, added ones included. */
  readonly tokens: number;
  /** Of the vocabulary and of the added tokens. */
  readonly largestId: number;
  idOf(token: string): number | undefined;
}

const part = z.looseObject({ type: z.string() }).nullish();

/** What every tokenizer.json has; what a kind of model wants beyond that is checked by kind. */
export const tokenizerSchema = z.looseObject({
  model: z.looseObject({ type: z.string().optional(), vocab: z.unknown() }),
  normalizer: part,
  pre_tokenizer: part,
  post_processor: part,
  padding: z.looseObject({ pad_token: z.string().optional(), pad_id: z.int().optional() }).nullish(),
  added_tokens: z.array(z.looseObject({ id: z.int().min(0), content: z.string() })).default([]),
});

export type TokenizerJson = z.infer<typeof tokenizerSchema>;
type Model = TokenizerJson["model"];

/** @throws {UnsupportedTokenizerError} naming the part that can't be done as it should. */
export function readTokenizer(file: TokenizerJson): TokenizerFile {
  const { model, added_tokens: added } = file;
  const kind = kindOf(model);
  const vocabulary = kind === "Unigram" ? readScored(model.vocab) : readVocabulary(model.vocab);
  if (kind === "BPE" && !Array.isArray(model["merges"]))
    throw new UnsupportedTokenizerError("its BPE model has no merges");
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const idOf = (token: string): number | undefined => addedIds.get(token) ?? vocabulary.get(token);
  checkUnknown(kind, model, vocabulary);
  checkSpecials(file.post_processor, idOf);
  return {
    kind,
    json: { ...file, model: { ...model, type: kind } },
    tokens: vocabulary.size + [...addedIds.keys()].filter((token) => !vocabulary.has(token)).length,
    largestId: largestOf(addedIds.values(), largestOf(vocabulary.values(), 0)),
    idOf,
  };
}

function largestOf(ids: Iterable<number>, least: number): number {
  let largest = least;
  for (const id of ids) if (id > largest) largest = id;
  return largest;
}

const KINDS: readonly string[] = ["WordPiece", "BPE", "Unigram", "WordLevel"] satisfies TokenizerKind[];

/** Old files name no kind; each has something that the others lack. */
function kindOf(model: Model): TokenizerKind {
  const { type } = model;
  if (type !== undefined && KINDS.includes(type)) return type as TokenizerKind;
  if (type !== undefined)
    throw new UnsupportedTokenizerError(`its model is of the kind ${type}, which is not supported`);
  if (Array.isArray(model.vocab)) return "Unigram";
  if (Array.isArray(model["merges"])) return "BPE";
  if (model["max_input_chars_per_word"] !== undefined) return "WordPiece";
  if (model["unk_token"] !== undefined) return "WordLevel";
  throw new UnsupportedTokenizerError("its model names no kind");
}

function isId(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0;
}

function readVocabulary(vocab: unknown): Map<string, number> {
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab))
    throw new UnsupportedTokenizerError("its model has no vocabulary");
  const ids = new Map<string, number>();
  // Hundreds of thousands of them in some, at the start of a daemon that somebody waits for: no pair is made of each.
  for (const token of Object.keys(vocab)) {
    const id = (vocab as Readonly<Record<string, unknown>>)[token];
    if (!isId(id)) throw new UnsupportedTokenizerError(`its token ${token} has no id`);
    ids.set(token, id);
  }
  if (ids.size === 0) throw new UnsupportedTokenizerError("its model has no vocabulary");
  return ids;
}

function readScored(vocab: unknown): Map<string, number> {
  if (!Array.isArray(vocab) || vocab.length === 0) throw new UnsupportedTokenizerError("its model has no vocabulary");
  const ids = new Map<string, number>();
  for (const [id, [token, score]] of (vocab as [unknown, unknown][]).entries()) {
    if (typeof token !== "string" || typeof score !== "number")
      throw new UnsupportedTokenizerError(`its token ${id} has no name or no score`);
    ids.set(token, id);
  }
  return ids;
}

/** The library would fail at the first text that has it. A BPE without a token for the unknown leaves it out, as it should. */
function checkUnknown(kind: TokenizerKind, model: Model, vocabulary: ReadonlyMap<string, number>): void {
  if (kind === "Unigram") {
    const id = model["unk_id"];
    const isToken = Number.isSafeInteger(id) && (id as number) in (model.vocab as unknown[]);
    if (!isToken) throw new UnsupportedTokenizerError("its model has no token for what it doesn't know (unk_id)");
    return;
  }
  const token = model["unk_token"] ?? (kind === "WordPiece" ? "[UNK]" : undefined);
  if (kind === "BPE" && (token === null || token === undefined)) return;
  if (typeof token === "string" && vocabulary.has(token)) return;
  throw new UnsupportedTokenizerError(`its unk_token ${JSON.stringify(token)} is not in its vocabulary`);
}
