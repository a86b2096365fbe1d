import { BPE } from "tokenizers";
import type { Model } from "tokenizers";

/**
 * Words whose pieces the library keeps, for each of libuv's threads. Of its own accord it keeps 10,000 of up to 255
 * bytes each: 40,000 long words that nobody ever asked before made a daemon 430 MB larger, and with so many 90 MB.
 */
const MOST_WORDS = 1000;

interface BpeFile {
  readonly type?: string;
  readonly vocab?: unknown;
  readonly merges?: unknown;
  readonly dropout?: number | null;
  readonly unk_token?: string | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly fuse_unk?: boolean;
  readonly byte_fallback?: boolean;
  readonly ignore_merges?: boolean;
}

/**
 * The model of tokenizer.json with room for fewer words; undefined where it is none of BPE, or has what the library
 * takes from a file alone.
 */
export function boundedBpe(tokenizerJson: object): Model | undefined {
  const { model = {} } = tokenizerJson as { readonly model?: BpeFile };
  const { unk_token: unkToken, continuing_subword_prefix: prefix, end_of_word_suffix: suffix, dropout } = model;
  if (model.type !== "BPE" || model.ignore_merges || dropout || !Array.isArray(model.merges)) return undefined;
  return BPE.init(model.vocab as Record<string, number>, model.merges.map(pairOf), {
    cacheCapacity: MOST_WORDS,
    fuseUnk: model.fuse_unk ?? false,
    byteFallback: model.byte_fallback ?? false,
    ...(unkToken && { unkToken }),
    ...(prefix && { continuingSubwordPrefix: prefix }),
    ...(suffix && { endOfWordSuffix: suffix }),
  });
}

/** Older files have them in one text. */
function pairOf(merge: string | [string, string]): [string, string] {
  if (typeof merge !== "string") return merge;
  const [first = "", second = ""] = merge.split(" ");
  return [first, second];
}
