import { charsmapOf, nmtNfkc } from "./charsmap.ts";
import { byteModel, hanModel, markedModel, unigramModel, wordLevelModel, wordPieceModel } from "./models.ts";
import { addedTokens, bertNormalizer, bytes, metaspace, sequenceOf, splitAt, template } from "./parts.ts";
import type { AddedToken, Json } from "./parts.ts";

const BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const BERT_SINGLE = "[CLS]:0 $A:0 [SEP]:0";
const BERT_PAIR = `${BERT_SINGLE} $B:1 [SEP]:1`;
const ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
const ROBERTA_ADDED = [...ROBERTA.slice(0, 4), { content: "<mask>", lstrip: true }];
const SENTENCE = ["<s>:0 $A:0 </s>:0", "<s>:0 $A:0 </s>:0 </s>:0 $B:0 </s>:0"] as const;
const BLANK = "\u2581";

interface Parts {
  readonly model: Json;
  readonly added: readonly (string | AddedToken)[];
  readonly normalizer?: Json | null;
  readonly splitter?: Json | null;
  /** For one text and for two. */
  readonly framed?: readonly [string, string] | Json;
}

function tokenizerJson({ model, added, normalizer = null, splitter = null, framed }: Parts): Json {
  const vocab = model["vocab"] as Readonly<Record<string, number>> | readonly (readonly [string, number])[];
  const ids = new Map(Array.isArray(vocab) ? vocab.map(([token], id) => [token as string, id]) : Object.entries(vocab));
  for (const token of added.map((one) => (typeof one === "string" ? one : one.content)))
    if (!ids.has(token)) ids.set(token, ids.size);
  const idOf = (token: string): number => ids.get(token) ?? -1;
  const isText = (given: Parts["framed"]): given is readonly [string, string] => Array.isArray(given);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(added, idOf),
    normalizer,
    pre_tokenizer: splitter,
    post_processor: isText(framed) ? template(framed[0], framed[1], idOf) : (framed ?? null),
    decoder: null,
    model,
  };
}

const bert = (lower: boolean, parts: Partial<Parts> = {}): Json =>
  tokenizerJson({
    model: wordPieceModel(BERT, "[UNK]", lower),
    added: BERT,
    normalizer: bertNormalizer(lower),
    splitter: { type: "BertPreTokenizer" },
    framed: [BERT_SINGLE, BERT_PAIR],
    ...parts,
  });

const roberta = (prefix: boolean): Json => ({
  type: "RobertaProcessing",
  sep: ["</s>", 2],
  cls: ["<s>", 0],
  trim_offsets: true,
  add_prefix_space: prefix,
});

const precompiled = (folded: boolean): Json => ({
  type: "Precompiled",
  precompiled_charsmap: charsmapOf(nmtNfkc(folded)),
});
const replace = (pattern: Json, content: string): Json => ({ type: "Replace", pattern, content });
const blanks = replace({ Regex: " {2,}" }, " ");

/** As cl100k and its like split: contractions, words, digits by threes, lines. */
const LINES = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const RUNS_OF_BLANKS = [8, 4, 3, 2].map((count) => ({ content: " ".repeat(count), special: false }));

/** A tokenizer.json of each kind that models come with, their parts as the popular ones have them; made when asked for. */
export const FAMILIES: Readonly<Record<string, () => Json>> = {
  "bert-uncased": () => bert(true),
  "bert-cased": () => bert(false),
  "bert-accents-kept": () => bert(true, { normalizer: bertNormalizer(true, false) }),
  "bert-chinese": () => bert(true, { model: hanModel(BERT, "[UNK]") }),
  "bert-bare-words": () =>
    bert(true, {
      normalizer: sequenceOf("normalizers", { type: "NFKD" }, { type: "StripAccents" }, { type: "Lowercase" }),
      splitter: { type: "WhitespaceSplit" },
    }),
  "bert-whole-words": () =>
    bert(true, {
      added: [
        ...BERT,
        { content: "order", single_word: true, special: false },
        { content: "ok", normalized: true, special: false },
      ],
    }),
  "word-piece-digits": () =>
    bert(true, {
      normalizer: sequenceOf("normalizers", { type: "NFC" }, { type: "Lowercase" }),
      splitter: sequenceOf(
        "pretokenizers",
        { type: "WhitespaceSplit" },
        { type: "Digits", individual_digits: true },
        { type: "Punctuation", behavior: "MergedWithPrevious" },
      ),
    }),
  "word-level": () =>
    tokenizerJson({
      model: wordLevelModel(BERT, "[UNK]"),
      added: BERT,
      splitter: { type: "Whitespace" },
      framed: [BERT_SINGLE, BERT_PAIR],
    }),
  gpt2: () =>
    tokenizerJson({
      model: byteModel(["<|endoftext|>"]),
      added: ["<|endoftext|>"],
      splitter: bytes(false),
      framed: { ...bytes(true), trim_offsets: false },
    }),
  roberta: () =>
    tokenizerJson({ model: byteModel(ROBERTA), added: ROBERTA_ADDED, splitter: bytes(false), framed: roberta(false) }),
  "roberta-prefixed": () =>
    tokenizerJson({ model: byteModel(ROBERTA), added: ROBERTA_ADDED, splitter: bytes(true), framed: roberta(true) }),
  modernbert: () =>
    tokenizerJson({
      model: byteModel(BERT),
      added: [...BERT.slice(0, 4), { content: "[MASK]", lstrip: true }, ...RUNS_OF_BLANKS],
      normalizer: { type: "NFC" },
      splitter: bytes(false),
      framed: [BERT_SINGLE, "[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0"],
    }),
  "lines-and-bytes": () =>
    tokenizerJson({
      model: byteModel(["<|begin|>", "<|end|>"], { ignore_merges: true }),
      added: ["<|begin|>", "<|end|>"],
      splitter: sequenceOf("pretokenizers", splitAt({ Regex: LINES }, "Isolated"), bytes(false, false)),
      framed: sequenceOf(
        "processors",
        bytes(true),
        template("<|begin|>:0 $A:0", "<|begin|>:0 $A:0 <|begin|>:1 $B:1", (token) => (token === "<|begin|>" ? 0 : 1)),
      ),
    }),
  "merged-splits": () =>
    tokenizerJson({
      model: byteModel(ROBERTA),
      added: ROBERTA,
      splitter: sequenceOf(
        "pretokenizers",
        splitAt({ String: " " }, "MergedWithNext"),
        splitAt({ Regex: "[0-9]" }, "MergedWithPrevious"),
        bytes(false, false),
      ),
      framed: SENTENCE,
    }),
  llama: () =>
    tokenizerJson({
      model: markedModel(["<unk>", "<s>", "</s>"], "<unk>", true),
      added: ["<unk>", "<s>", "</s>"],
      normalizer: sequenceOf("normalizers", { type: "Prepend", prepend: BLANK }, replace({ String: " " }, BLANK)),
      framed: ["<s>:0 $A:0", "<s>:0 $A:0 <s>:1 $B:1"],
    }),
  "marked-words": () =>
    tokenizerJson({
      model: markedModel(ROBERTA, "<unk>", false),
      added: ROBERTA,
      splitter: metaspace("first"),
      framed: SENTENCE,
    }),
  "xlm-roberta": () =>
    tokenizerJson({
      model: unigramModel(ROBERTA, "<unk>"),
      added: ROBERTA_ADDED,
      normalizer: sequenceOf("normalizers", precompiled(false), blanks),
      splitter: metaspace(),
      framed: SENTENCE,
    }),
  t5: () =>
    tokenizerJson({
      model: unigramModel(["<pad>", "</s>", "<unk>"], "<unk>"),
      added: ["<pad>", "</s>", "<unk>", { content: "<extra_id_0>", special: true }],
      normalizer: precompiled(false),
      splitter: sequenceOf("pretokenizers", { type: "WhitespaceSplit" }, metaspace()),
      framed: ["$A:0 </s>:0", "$A:0 </s>:0 $B:0 </s>:0"],
    }),
  "folded-bytes": () =>
    tokenizerJson({
      model: unigramModel(["<pad>", "<unk>", "<s>", "</s>"], "<unk>", { fallback: true, lower: true }),
      added: ["<pad>", "<unk>", "<s>", "</s>"],
      normalizer: precompiled(true),
      splitter: metaspace("always", false),
      framed: SENTENCE,
    }),
  "deberta-v3": () =>
    tokenizerJson({
      model: unigramModel(BERT, "[UNK]"),
      added: BERT,
      normalizer: sequenceOf(
        "normalizers",
        { type: "Strip", strip_left: true, strip_right: true },
        precompiled(false),
        blanks,
      ),
      splitter: metaspace(),
      framed: [BERT_SINGLE, BERT_PAIR],
    }),
  albert: () =>
    tokenizerJson({
      model: unigramModel(BERT, "[UNK]", { lower: true }),
      added: BERT,
      normalizer: sequenceOf(
        "normalizers",
        replace({ String: "``" }, '"'),
        replace({ String: "''" }, '"'),
        { type: "NFKD" },
        { type: "StripAccents" },
        { type: "Lowercase" },
        precompiled(false),
      ),
      splitter: metaspace(),
      framed: [BERT_SINGLE, BERT_PAIR],
    }),
  xlnet: () =>
    tokenizerJson({
      model: unigramModel(["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>"], "<unk>"),
      added: ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>"],
      normalizer: sequenceOf(
        "normalizers",
        replace({ String: "``" }, '"'),
        { type: "NFKD" },
        { type: "StripAccents" },
        precompiled(false),
        blanks,
      ),
      splitter: metaspace(),
      framed: ["$A:0 <sep>:0 <cls>:2", "$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2"],
    }),
};
