import { expect, test } from "vitest";
import { readTokenizer, tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { byteLevelBpe, changed, unigram, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const WORDS = { type: "WhitespaceSplit" };
const LOWER = { normalizer: { type: "Lowercase" } };

/** A WordPiece whose texts are split in another way. */
function split(...pretokenizers: object[]): TokenizerJson {
  return changed(wordPiece(), { ...LOWER, pre_tokenizer: { type: "Sequence", pretokenizers } });
}

function splitAt(pattern: object, behavior: string, invert = false): TokenizerJson {
  return split({ type: "Split", pattern, behavior, invert });
}

function metaspace(more: object): object {
  return { pre_tokenizer: { type: "Metaspace", replacement: "▁", ...more } };
}

const KEEP_ACCENTS = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: false,
  lowercase: true,
};
const START_ALONE = {
  type: "TemplateProcessing",
  single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
  pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 0 } }],
  special_tokens: { "<s>": { id: "<s>", ids: [0], tokens: ["<s>"] } },
};
const BYTES = { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true };
const TWO_WORDS = { vocab: [...(unigram().model["vocab"] as unknown[]), ["▁my▁order", -1]] };

/** Texts and the ids that the original tokenizers (huggingface/tokenizers 0.23.2, in Rust) gives for them. */
const CASES: readonly (readonly [string, TokenizerJson, Readonly<Record<string, readonly number[]>>])[] = [
  [
    "WordPiece",
    wordPiece(),
    {
      "Where is my order?": [2, 5, 6, 7, 8, 16, 3],
      "Cafés café": [2, 10, 11, 12, 10, 11, 3],
      "ordering!!": [2, 8, 14, 15, 15, 3],
      // A sigma at a word's end is lowered like any other.
      ΟΣ: [2, 23, 22, 3],
      日本: [2, 25, 1, 3],
      "[MASK] my": [2, 4, 7, 3],
    },
  ],
  ["accents kept", changed(wordPiece(), { normalizer: KEEP_ACCENTS }), { café: [2, 1, 3], ΟΣ: [2, 23, 22, 3] }],
  [
    "Whitespace, beyond ASCII",
    split({ type: "Whitespace" }),
    { "café is my, order!!": [2, 1, 6, 7, 18, 8, 1, 3], "👩‍👧 is": [2, 1, 1, 1, 6, 3] },
  ],
  [
    "Digits",
    split(WORDS, { type: "Digits", individual_digits: true }),
    { card12: [2, 9, 19, 20, 3], "1٣2": [2, 19, 1, 20, 3] },
  ],
  [
    "runs of Digits",
    split(WORDS, { type: "Digits", individual_digits: false }),
    { card1: [2, 9, 19, 3], "card12 is": [2, 9, 1, 6, 3] },
  ],
  [
    "Punctuation",
    split(WORDS, { type: "Punctuation", behavior: "Isolated" }),
    { "order!!": [2, 8, 15, 15, 3], "my'order": [2, 7, 17, 8, 3] },
  ],
  ["runs of Punctuation", split(WORDS, { type: "Punctuation", behavior: "Contiguous" }), { "order!!": [2, 8, 1, 3] }],
  [
    "no Punctuation",
    split(WORDS, { type: "Punctuation", behavior: "Removed" }),
    { "order!!": [2, 8, 3], "my'order": [2, 7, 8, 3] },
  ],
  ["Split at a string", splitAt({ String: " " }, "Removed"), { "where is my order": [2, 5, 6, 7, 8, 3] }],
  [
    "Split into what matches",
    splitAt({ Regex: "\\w+|[^\\w\\s]+" }, "Removed", true),
    { "café, my order": [2, 1, 18, 7, 8, 3] },
  ],
  ["Split, both parts kept", splitAt({ Regex: "is" }, "Isolated", true), { myisorder: [2, 7, 6, 8, 3] }],
  ["Split at runs", splitAt({ String: "!" }, "Contiguous"), { "my!!!order": [2, 7, 1, 8, 3] }],
  [
    "a dollar put in",
    changed(wordPiece(), { normalizer: { type: "Replace", pattern: { String: "z" }, content: "$&" } }),
    { zis: [2, 1, 1, 6, 3] },
  ],
  [
    "BertProcessing",
    changed(wordPiece(), { post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] } }),
    { "my order": [2, 7, 8, 3] },
  ],
  ["no post-processor", changed(wordPiece(), { post_processor: null }), { "my order": [7, 8] }],
  [
    "byte-level BPE",
    byteLevelBpe(),
    {
      "the order": [0, 262, 268, 2],
      " the  order": [0, 263, 37, 268, 2],
      "thé order is my": [0, 261, 273, 268, 270, 272, 2],
      日: [0, 235, 156, 170, 2],
      "<mask> it": [0, 4, 37, 110, 121, 2],
    },
  ],
  [
    "byte-level BPE, a blank put before",
    changed(byteLevelBpe(), {
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    }),
    { order: [0, 268, 2], "is my order": [0, 270, 272, 268, 2] },
  ],
  [
    "post-processors in a row",
    changed(byteLevelBpe(), { post_processor: { type: "Sequence", processors: [BYTES, START_ALONE] } }),
    { "the order": [0, 262, 268] },
  ],
  [
    "Unigram",
    unigram(),
    {
      "Where is my order?": [0, 5, 6, 7, 8, 15, 2],
      cards: [0, 13, 14, 11, 2],
      "ﬁx 日本 日": [0, 9, 21, 24, 38, 9, 3, 9, 3, 2],
      "orders er": [0, 8, 11, 9, 12, 2],
    },
  ],
  [
    "Unigram, a mark before the first word",
    changed(unigram(), metaspace({ prepend_scheme: "first", split: true })),
    { "my order": [0, 7, 8, 2], "is <mask> my": [0, 6, 4, 7, 2] },
  ],
  [
    "Unigram, no mark before",
    changed(unigram(), metaspace({ prepend_scheme: "never" })),
    { "order order": [0, 10, 8, 2] },
  ],
  [
    "Unigram of an old file",
    changed(unigram(), metaspace({ add_prefix_space: true }), TWO_WORDS),
    { "my order": [0, 7, 8, 2] },
  ],
  [
    "Unigram, words split first",
    changed(unigram(), {
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [WORDS, { type: "Metaspace", replacement: "▁", prepend_scheme: "always" }],
      },
    }),
    { "is  my order": [0, 6, 7, 8, 2], "日 本": [0, 9, 3, 9, 3, 2] },
  ],
];

test.each(CASES)("%s gives the ids of the original", async (_, json, texts) => {
  const encoder = await Encoder.open(readTokenizer(tokenizerSchema.parse(json)).json, { windowTokens: 64 });
  for (const [text, ids] of Object.entries(texts)) {
    expect([text, ...(await encoder.encode({ text: encoder.formOf(text) })).ids]).toEqual([text, ...ids]);
  }
});
