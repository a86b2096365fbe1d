import { Tokenizer } from "@huggingface/tokenizers";
import { continuationPrefix, sepId, specialTokens } from "./vocabulary.ts";

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
  const [cls, sep] = [special("[CLS]"), special("[SEP]")];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [cls.piece, sequence("A", 0), sep.piece],
      pair: [cls.piece, sequence("A", 0), sep.piece, sequence("B", 1), { SpecialToken: { id: "[SEP]", type_id: 1 } }],
      special_tokens: { "[CLS]": cls.entry, "[SEP]": sep.entry },
    },
    decoder: { type: "WordPiece", prefix: continuationPrefix, cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: continuationPrefix,
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
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

function special(token: (typeof specialTokens)[number]): { piece: object; entry: object } {
  return {
    piece: { SpecialToken: { id: token, type_id: 0 } },
    entry: { id: token, ids: [specialTokens.indexOf(token)], tokens: [token] },
  };
}

function sequence(id: "A" | "B", typeId: number): object {
  return { Sequence: { id, type_id: typeId } };
}
