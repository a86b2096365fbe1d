import { z } from "zod";
import {
  NORMALIZERS,
  POST_PROCESSORS,
  PRE_TOKENIZERS,
  UnsupportedTokenizerError,
  translatePart,
} from "./tokenizer-parts.ts";

export type TokenizerKind = "WordPiece" | "BPE" | "Unigram";

/** tokenizer.json, checked. */
export interface TokenizerFile {
  readonly kind: TokenizerKind;
  /** In words that the tokenizer library gets right; without padding, truncation and what only decoding needs. */
  readonly json: object;
  /** Tokens, added ones included. */
  readonly tokens: number;
  /** Of the vocabulary without added tokens. */
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
  added_tokens: z
    .array(z.looseObject({ id: z.int().min(0), content: z.string(), single_word: z.boolean().optional() }))
    .default([]),
});

export type TokenizerJson = z.infer<typeof tokenizerSchema>;
type Model = TokenizerJson["model"];

/** @throws {UnsupportedTokenizerError} naming the part that can't be done as it should. */
export function readTokenizer(file: TokenizerJson): TokenizerFile {
  const { model, added_tokens: added } = file;
  const whole = added.find(({ single_word }) => single_word);
  if (whole)
    throw new UnsupportedTokenizerError(
      `its added token ${whole.content} is for whole words alone, which is not supported`,
    );
  const { kind, json, vocabulary } = READERS[kindOf(model)](model);
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const idOf = (token: string): number | undefined => addedIds.get(token) ?? vocabulary.get(token);
  checkUnknown(kind, json, idOf);
  checkFusing(kind, file);
  return {
    kind,
    json: {
      model: { ...json, type: kind },
      normalizer: translatePart(file.normalizer, NORMALIZERS),
      pre_tokenizer: translatePart(file.pre_tokenizer, PRE_TOKENIZERS),
      post_processor: translatePart(file.post_processor, POST_PROCESSORS),
      decoder: null,
      added_tokens: added,
    },
    tokens: vocabulary.size + [...addedIds.keys()].filter((token) => !vocabulary.has(token)).length,
    largestId: vocabulary.values().reduce((largest, id) => Math.max(largest, id), 0),
    idOf,
  };
}

/** Old files name no kind; each has something that the others lack. */
function kindOf(model: Model): TokenizerKind {
  const { type } = model;
  if (type === "WordPiece" || type === "BPE" || type === "Unigram") return type;
  if (type !== undefined)
    throw new UnsupportedTokenizerError(`its model is of the kind ${type}, which is not supported`);
  if (Array.isArray(model.vocab)) return "Unigram";
  if (Array.isArray(model["merges"])) return "BPE";
  if (model["max_input_chars_per_word"] !== undefined) return "WordPiece";
  throw new UnsupportedTokenizerError("its model names no kind");
}

interface ReadModel {
  readonly kind: TokenizerKind;
  readonly json: Model;
  readonly vocabulary: ReadonlyMap<string, number>;
}

const READERS: Readonly<Record<TokenizerKind, (model: Model) => ReadModel>> = {
  WordPiece: (model) => ({
    kind: "WordPiece",
    json: {
      ...model,
      continuing_subword_prefix: model["continuing_subword_prefix"] ?? "##",
      unk_token: model["unk_token"] ?? "[UNK]",
    },
    vocabulary: readVocabulary(model.vocab),
  }),
  BPE: (model) => {
    if (!Array.isArray(model["merges"])) throw new UnsupportedTokenizerError("its BPE model has no merges");
    if (model["continuing_subword_prefix"])
      throw new UnsupportedTokenizerError("its BPE model has a continuing_subword_prefix, which is not supported");
    return { kind: "BPE", json: model, vocabulary: readVocabulary(model.vocab) };
  },
  Unigram: (model) => {
    if (model["byte_fallback"])
      throw new UnsupportedTokenizerError("its Unigram model falls back to bytes, which is not supported");
    return { kind: "Unigram", json: model, vocabulary: readScored(model.vocab) };
  },
};

function readVocabulary(vocab: unknown): Map<string, number> {
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab))
    throw new UnsupportedTokenizerError("its model has no vocabulary");
  const ids = new Map(Object.entries(vocab as Record<string, number>));
  for (const [token, id] of ids) {
    if (!Number.isSafeInteger(id) || id < 0) throw new UnsupportedTokenizerError(`its token ${token} has no id`);
  }
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

/** The library would give such words no id at all. A BPE without a token for the unknown leaves it out, as it should. */
function checkUnknown(kind: TokenizerKind, model: Model, idOf: TokenizerFile["idOf"]): void {
  if (kind === "Unigram") {
    const id = model["unk_id"];
    const isToken = Number.isSafeInteger(id) && (id as number) in (model.vocab as unknown[]);
    if (!isToken) throw new UnsupportedTokenizerError("its model has no token for what it doesn't know (unk_id)");
    return;
  }
  const token = model["unk_token"];
  if (kind === "BPE" && (token === null || token === undefined)) return;
  if (typeof token === "string" && idOf(token) !== undefined) return;
  throw new UnsupportedTokenizerError(`its unk_token ${JSON.stringify(token)} is not in its vocabulary`);
}

/**
 * The library runs unknown tokens of a whole text together where the original does so within a word. It is the same
 * where every word begins with a mark that is known, where nothing splits into words, or where bytes leave nothing unknown.
 */
function checkFusing(kind: TokenizerKind, { model, pre_tokenizer: splitter }: TokenizerJson): void {
  if (!splitter || splitter.type === "Metaspace") return;
  if (kind === "BPE" && model["fuse_unk"] && model["unk_token"] && !model["byte_fallback"]) {
    throw new UnsupportedTokenizerError("its BPE model fuses unknown tokens (fuse_unk), which is not supported");
  }
  if (kind === "Unigram" && !JSON.stringify(splitter).includes('"Metaspace"')) {
    throw new UnsupportedTokenizerError(
      `its Unigram model has the pre_tokenizer ${splitter.type} without Metaspace, which is not supported`,
    );
  }
}
