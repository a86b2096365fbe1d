import { Tokenizer } from "@huggingface/tokenizers";
import { wordPieceJson } from "../support/word-piece.ts";
import { sepId, specialTokens } from "./vocabulary.ts";

/** Longest token sequence the model is trained on and serves. */
export const windowTokens = 256;

export interface TokenizerFiles {
  /** Content of `tokenizer.json`. */
  readonly tokenizer: object;
  /** Content of `tokenizer_config.json`. */
  readonly config: object;
}

/** A BERT-like WordPiece tokenizer: lower case, accents off, punctuation apart, `[CLS]` text `[SEP]`. */
export function describeTokenizer(vocabulary: readonly string[]): TokenizerFiles {
  return { tokenizer: describeFile(vocabulary), config: describeConfig() };
}

/** Turns a text into ids, cut to the window as Hugging Face cuts: the last id stays `[SEP]`. */
export type Encode = (text: string) => number[];

export function createEncoder(files: TokenizerFiles): Encode {
  const tokenizer = new Tokenizer(files.tokenizer, files.config);
  return (text) => {
    const { ids } = tokenizer.encode(text);
    return ids.length <= windowTokens ? ids : [...ids.slice(0, windowTokens - 1), sepId];
  };
}

/** Splits into the words the vocabulary is learned from, with the very code that will encode. */
export function createWordSplitter(): (text: string) => string[] {
  const { tokenizer, config } = describeTokenizer(specialTokens);
  const { normalizer, pre_tokenizer: splitter } = new Tokenizer(tokenizer, config);
  if (!normalizer || !splitter) throw new Error("the tokenizer was built without a normalizer or a pre-tokenizer");
  return (text) => splitter.pre_tokenize([normalizer.normalize(text)]);
}

function describeFile(vocabulary: readonly string[]): object {
  return wordPieceJson({ vocabulary, specials: specialTokens, first: "[CLS]", last: "[SEP]", unknown: "[UNK]" });
}

function describeConfig(): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    model_max_length: windowTokens,
    do_lower_case: true,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
  };
}
