import { describe, expect, test } from "vitest";
import { readTokenizer, tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import type { TokenizerFile } from "../../../src/daemon/model/tokenizer-file.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { byteLevelBpe, changed, sizeOf, unigram, wordLevel, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const read = (json: TokenizerJson): TokenizerFile => readTokenizer(tokenizerSchema.parse(json));

describe("the kind and the ids", () => {
  test.each([
    ["WordPiece", wordPiece()],
    ["BPE", byteLevelBpe()],
    ["Unigram", unigram()],
    ["WordLevel", wordLevel()],
  ])("%s, also where an old file names none", (kind, json) => {
    const unnamed = changed(json, {}, { type: undefined });
    expect([read(json).kind, read(unnamed).kind]).toEqual([kind, kind]);
    expect(read(json)).toMatchObject({ tokens: sizeOf(json), largestId: sizeOf(json) - 1 });
  });

  test("added tokens count, and come before the vocabulary's", () => {
    const added = [...(wordPiece()["added_tokens"] as object[]), { id: 900, content: "parcel" }];
    const file = read(changed(wordPiece(), { added_tokens: added }));
    expect(file.idOf("parcel")).toBe(900);
    expect([file.tokens, file.largestId]).toEqual([sizeOf(wordPiece()) + 1, 900]);
  });
});

test.each<[string, TokenizerJson, RegExp]>([
  ["another model", changed(wordPiece(), {}, { type: "CharLevel" }), /model is of the kind CharLevel/],
  [
    "a model of no kind",
    changed(wordPiece(), {}, { type: undefined, max_input_chars_per_word: undefined, unk_token: undefined }),
    /names no kind/,
  ],
  [
    "no token for the unknown",
    changed(wordPiece(), {}, { unk_token: "[OOV]" }),
    /unk_token "\[OOV\]" is not in its vocabulary/,
  ],
  ["no word for the unknown", changed(wordLevel(), {}, { unk_token: "[OOV]" }), /unk_token "\[OOV\]"/],
  ["no unk_id", changed(unigram(), {}, { unk_id: null }), /unk_id/],
  ["no merges", changed(byteLevelBpe(), {}, { merges: undefined }), /merges/],
  ["no vocabulary", changed(wordPiece(), {}, { vocab: null }), /no vocabulary/],
  ["an empty vocabulary", changed(wordPiece(), {}, { vocab: {} }), /no vocabulary/],
  ["an id that is none", changed(wordPiece(), {}, { vocab: { a: "1" } }), /token a has no id/],
  ["a piece without a score", changed(unigram(), {}, { vocab: [["a", null]] }), /no score/],
])("%s: refused by name", (_, json, reason) => {
  expect(() => read(json)).toThrow(reason);
});

describe("what the post-processor adds", () => {
  const template = wordPiece()["post_processor"] as { single: object[] };
  const named = (token: string, id: number): object => ({ id: token, ids: [id], tokens: [token] });
  const otherIds = { "[CLS]": named("[CLS]", 2), "[SEP]": named("[SEP]", 5) };
  const open = async (json: TokenizerJson, windowTokens = 64): Promise<Encoder> =>
    await Encoder.open(read(json).json, { windowTokens });

  test("must be in the vocabulary", async () => {
    const single = [{ SpecialToken: { id: "[BOS]", type_id: 0 } }, ...template.single];
    const json = changed(wordPiece(), { post_processor: { ...template, single } });
    await expect(open(json)).rejects.toThrow("adds [BOS], which is not in its vocabulary");
  });

  test.each<[string, object, string]>([
    ["a template", { ...template, special_tokens: otherIds }, "gives [SEP] the id 5, and its vocabulary 3"],
    [
      "a pair",
      { type: "BertProcessing", cls: ["[CLS]", 0], sep: ["[SEP]", 3] },
      "gives [CLS] the id 0, and its vocabulary 2",
    ],
    [
      "one in a row",
      { type: "Sequence", processors: [{ type: "RobertaProcessing", cls: ["[CLS]", 2], sep: ["</s>", 3] }] },
      "adds </s>",
    ],
  ])("must have the ids of the vocabulary: %s", async (_, post_processor, reason) => {
    await expect(open(changed(wordPiece(), { post_processor }))).rejects.toThrow(reason);
  });

  test("must leave the text, and room for it", async () => {
    const single = template.single.slice(0, 1);
    const without = changed(wordPiece(), { post_processor: { ...template, single } });
    await expect(open(without)).rejects.toThrow("does not keep a text");
    await expect(open(wordPiece(), 2)).rejects.toThrow("no room");
  });

  test("is told from the text where a letter is no token", async () => {
    const vocab = { "<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, b: 5, "0": 6 };
    const encoder = await open(changed(byteLevelBpe(), {}, { vocab, merges: [] }));
    expect([...(await encoder.encode({ text: "ab" })).ids]).toEqual([0, 5, 2]);
  });

  test("and every added token must have the id that the library gives it", async () => {
    const added = [...(wordPiece()["added_tokens"] as object[]), { id: 900, content: "parcel", special: true }];
    const whole = added.map((token) => ({
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      ...token,
    }));
    await expect(open(changed(wordPiece(), { added_tokens: whole }))).rejects.toThrow(
      "parcel has the id 900, and comes to",
    );
  });

  test("types of tokens are passed on", async () => {
    const single = template.single.map((item, at) => (at === 2 ? { SpecialToken: { id: "[SEP]", type_id: 2 } } : item));
    const typed = await open(changed(wordPiece(), { post_processor: { ...template, single } }));
    expect([...((await typed.encode({ text: "my order" })).types ?? [])]).toEqual([0, 0, 0, 2]);
    expect((await (await open(wordPiece())).encode({ text: "my order" })).types).toBeUndefined();
  });
});
