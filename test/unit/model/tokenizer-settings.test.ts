import { describe, expect, test } from "vitest";
import { tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import { adaptTokenizer, tokenizerSettingsSchema } from "../../../src/daemon/model/tokenizer-settings.ts";
import { byteLevelBpe, changed, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const adapt = (json: TokenizerJson, settings: object, modelType?: string): ReturnType<typeof adaptTokenizer> =>
  adaptTokenizer(tokenizerSchema.parse(json), tokenizerSettingsSchema.parse(settings), modelType);

const BERT = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
const cased = changed(wordPiece(), { normalizer: { ...BERT, lowercase: false, strip_accents: false } });

/** As transformers 5.18 has them: held against its AutoTokenizer, folder by folder. */
describe("letter case and accents", () => {
  test.each<[string, TokenizerJson, object, string | undefined, object]>([
    [
      "as tokenizer_config.json says",
      wordPiece(),
      { tokenizer_class: "BertTokenizer", do_lower_case: false },
      undefined,
      { lowercase: false },
    ],
    [
      "against tokenizer.json",
      cased,
      { tokenizer_class: "BertTokenizerFast", do_lower_case: true },
      undefined,
      { lowercase: true, strip_accents: null },
    ],
    [
      "by default where the class is BERT's",
      cased,
      { tokenizer_class: "ElectraTokenizer" },
      undefined,
      { lowercase: true, strip_accents: null },
    ],
    ["by the model's type where no class is named", cased, {}, "distilbert", { lowercase: true }],
    [
      "all three",
      wordPiece(),
      {
        tokenizer_class: "DistilBertTokenizer",
        do_lower_case: false,
        strip_accents: true,
        tokenize_chinese_chars: false,
      },
      "bert",
      { lowercase: false, strip_accents: true, handle_chinese_chars: false },
    ],
    [
      "left alone by the general class",
      cased,
      { tokenizer_class: "PreTrainedTokenizerFast", do_lower_case: true },
      "bert",
      { lowercase: false, strip_accents: false },
    ],
    [
      "left alone by other classes",
      cased,
      { tokenizer_class: "AlbertTokenizer", do_lower_case: true },
      "albert",
      { lowercase: false },
    ],
  ])("%s", (_, json, settings, modelType, normalizer) => {
    expect(adapt(json, settings, modelType).normalizer).toMatchObject(normalizer);
  });

  test("another normalizer is left as it is", () => {
    const lower = changed(wordPiece(), { normalizer: { type: "Lowercase" } });
    expect(adapt(lower, { tokenizer_class: "BertTokenizer", do_lower_case: false }).normalizer).toEqual({
      type: "Lowercase",
    });
  });
});

describe("a blank put before", () => {
  const prefixed = changed(byteLevelBpe(), {
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  });
  test.each<[string, TokenizerJson, object, string, boolean]>([
    ["as it is said", byteLevelBpe(), { tokenizer_class: "RobertaTokenizer", add_prefix_space: true }, "roberta", true],
    ["not by default of the class", prefixed, { tokenizer_class: "GPT2TokenizerFast" }, "gpt2", false],
    [
      "as the general class is told",
      prefixed,
      { tokenizer_class: "PreTrainedTokenizerFast", add_prefix_space: false },
      "roberta",
      false,
    ],
    [
      "as the file has it where nothing is said",
      prefixed,
      { tokenizer_class: "PreTrainedTokenizerFast" },
      "roberta",
      true,
    ],
  ])("%s", (_, json, settings, modelType, expected) => {
    expect(adapt(json, settings, modelType).pre_tokenizer).toMatchObject({ add_prefix_space: expected });
  });
});

describe("added tokens", () => {
  const token = { content: "[NEW]", special: true };

  test("of tokenizer_config.json are put beside those of tokenizer.json", () => {
    const next = Object.keys(wordPiece().model["vocab"] as object).length;
    const { added_tokens: added } = adapt(wordPiece(), {
      added_tokens_decoder: { [next]: token, 4: { content: "[MASK]", lstrip: true, special: true } },
    });
    expect(added.at(-1)).toEqual({
      id: next,
      content: "[NEW]",
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    });
    expect(added.find(({ content }) => content === "[MASK]")).toMatchObject({ id: 4, lstrip: true });
  });

  test("of an id that the vocabulary does not give them are refused", () => {
    expect(() => adapt(wordPiece(), { added_tokens_decoder: { 99: { content: "order" } } })).toThrow(
      "gives order the id 99, and its vocabulary 8",
    );
  });
});

test("what can't be honoured is refused by name", () => {
  expect(() => adapt(wordPiece(), { split_special_tokens: true })).toThrow("split_special_tokens");
});
