/** A tokenizer.json of each kind, small enough to follow by hand, as the exporters of Hugging Face write them. */
export type TokenizerJson = Readonly<Record<string, unknown>> & { readonly model: Readonly<Record<string, unknown>> };

/** BERT's special tokens, by their ids from 0. */
const BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/** RoBERTa's: the pad id is 1. */
const ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
const LETTERS = "abcdefghijklmnopqrstuvwxyz".split("");

const addedTokens = (specials: readonly string[]): object[] =>
  specials.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: content === "<mask>",
    rstrip: false,
    normalized: false,
    special: true,
  }));

function template(first: string, last: string, ids: readonly [number, number]): object {
  const special = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const tokens = Object.fromEntries([first, last].map((id, at) => [id, { id, ids: [ids[at]], tokens: [id] }]));
  const sequence = (id: string): object => ({ Sequence: { id, type_id: 0 } });
  const single = [special(first), sequence("A"), special(last)];
  const pair = [...single, sequence("B"), special(last)];
  return { type: "TemplateProcessing", single, pair, special_tokens: tokens };
}

/** BERT's: lower case, words, and letters for the rest. */
export function wordPiece(): TokenizerJson {
  const words = [
    "where",
    "is",
    "my",
    "order",
    "card",
    "caf",
    "##e",
    "##s",
    "ing",
    "##ing",
    "!",
    "?",
    "'",
    ",",
    "1",
    "2",
    "σ",
    "##σ",
    "ο",
    "##ο",
    "日",
  ];
  const pieces = [...new Set([...words, ...LETTERS, ...LETTERS.map((letter) => `##${letter}`)])];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(BERT),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: template("[CLS]", "[SEP]", [2, 3]),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: idsOf([...BERT, ...pieces]),
    },
  };
}

/** RoBERTa's: bytes, written as letters of their own, and pairs of them that were merged. */
export function byteLevelBpe(): TokenizerJson {
  const merges = [
    "t h",
    "th e",
    "Ġ the",
    "o r",
    "or d",
    "ord e",
    "orde r",
    "Ġ order",
    "i s",
    "Ġ is",
    "m y",
    "Ġ my",
    "Ã ©",
    "Ġ Ġ",
  ];
  const merged = merges.map((pair) => pair.replace(" ", ""));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(ROBERTA),
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["</s>", 2],
      cls: ["<s>", 0],
      trim_offsets: true,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: idsOf([...ROBERTA, ...byteLetters(), ...merged]),
      merges,
    },
  };
}

/** XLM-RoBERTa's: pieces with scores, a mark before every word. */
export function unigram(): TokenizerJson {
  const pieces: [string, number][] = [
    ["▁where", -3],
    ["▁is", -2.5],
    ["▁my", -2.7],
    ["▁order", -4],
    ["▁", -2],
    ["order", -5],
    ["s", -3.1],
    ["er", -3.5],
    ["▁ca", -4.2],
    ["rd", -4.4],
    ["?", -3.3],
    ...LETTERS.filter((letter) => letter !== "s").map((letter, at): [string, number] => [letter, -6 - at / 10]),
  ];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(ROBERTA),
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Lowercase" }] },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    post_processor: template("<s>", "</s>", [0, 2]),
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: {
      type: "Unigram",
      unk_id: 3,
      byte_fallback: false,
      vocab: [...ROBERTA.map((special): [string, number] => [special, 0]), ...pieces],
    },
  };
}

/** Whole words, everything else unknown. */
export function wordLevel(): TokenizerJson {
  const words = ["where", "is", "my", "order", "?", "café", "日本"];
  return changed(
    wordPiece(),
    { normalizer: { type: "Lowercase" }, pre_tokenizer: { type: "Whitespace" } },
    {
      type: "WordLevel",
      continuing_subword_prefix: undefined,
      max_input_chars_per_word: undefined,
      vocab: idsOf([...BERT, ...words]),
    },
  );
}

/** The tokenizer with parts of it, or of its model, replaced. */
export function changed(json: TokenizerJson, parts: object, model: object = {}): TokenizerJson {
  return { ...json, ...parts, model: { ...json.model, ...model } };
}

/** One more than the largest id of the vocabulary. */
export function sizeOf({ model }: TokenizerJson): number {
  const { vocab } = model;
  return Array.isArray(vocab) ? vocab.length : Math.max(...Object.values(vocab as Record<string, number>)) + 1;
}

function idsOf(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** A printable letter for each byte: those that are printable stand for themselves (GPT-2's bytes_to_unicode). */
function byteLetters(): string[] {
  const printable = (byte: number): boolean => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
