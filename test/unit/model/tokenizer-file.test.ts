import { describe, expect, test } from "vitest";
import { mapsCharacter } from "../../../src/daemon/model/charsmap.ts";
import { readTokenizer, tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import type { TokenizerFile } from "../../../src/daemon/model/tokenizer-file.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { byteLevelBpe, changed, sizeOf, unigram, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const read = (json: TokenizerJson): TokenizerFile => readTokenizer(tokenizerSchema.parse(json));

/** A map of SentencePiece that changes one character: a trie of a root, the character and its leaf. */
function charsmapOf(character: string): string {
  const code = character.charCodeAt(0);
  const [below, leaf] = [256, 512];
  const units = new Uint32Array(1024);
  units[0] = below << 10;
  units[below ^ code] = ((below ^ code ^ leaf) << 10) | (1 << 8) | code;
  units[leaf] = 0x8000_0000;
  return Buffer.concat([Uint32Array.of(units.byteLength), units].map((part) => Buffer.from(part.buffer))).toString(
    "base64",
  );
}

describe("the kind and the ids", () => {
  test.each([
    ["WordPiece", wordPiece()],
    ["BPE", byteLevelBpe()],
    ["Unigram", unigram()],
  ])("%s, also where an old file names none", (kind, json) => {
    const unnamed = changed(json, {}, { type: undefined });
    expect([read(json).kind, read(unnamed).kind]).toEqual([kind, kind]);
    expect(read(json)).toMatchObject({ tokens: sizeOf(json), largestId: sizeOf(json) - 1 });
  });

  test("added tokens count, and come before the vocabulary's", () => {
    const added = [...(wordPiece()["added_tokens"] as object[]), { id: 900, content: "parcel" }];
    const file = read(changed(wordPiece(), { added_tokens: added }));
    expect(file.idOf("parcel")).toBe(900);
    expect([file.tokens, file.largestId]).toEqual([sizeOf(wordPiece()) + 1, sizeOf(wordPiece()) - 1]);
  });
});

const BARE = { normalizer: { type: "Lowercase" } };
const split = (pattern: object, behavior: string, invert = false): object => ({
  pre_tokenizer: { type: "Split", pattern, behavior, invert },
});

test.each<[string, TokenizerJson, RegExp]>([
  ["another model", changed(wordPiece(), {}, { type: "WordLevel" }), /model is of the kind WordLevel/],
  [
    "a model of no kind",
    changed(wordPiece(), {}, { type: undefined, max_input_chars_per_word: undefined }),
    /names no kind/,
  ],
  ["another normalizer", changed(wordPiece(), { normalizer: { type: "Nmt" } }), /normalizer is of the kind Nmt/],
  [
    "one in a row",
    changed(wordPiece(), { normalizer: { type: "Sequence", normalizers: [BARE.normalizer, { type: "ByteLevel" }] } }),
    /kind ByteLevel/,
  ],
  [
    "another pre-tokenizer",
    changed(wordPiece(), { pre_tokenizer: { type: "UnicodeScripts" } }),
    /pre_tokenizer is of the kind UnicodeScripts/,
  ],
  ["a name of Object's", changed(wordPiece(), { pre_tokenizer: { type: "constructor" } }), /kind constructor/],
  [
    "another post-processor",
    changed(wordPiece(), { post_processor: { type: "Shift" } }),
    /post_processor is of the kind Shift/,
  ],
  ["parts that go with a neighbour", changed(wordPiece(), split({ String: " " }, "MergedWithNext")), /MergedWithNext/],
  [
    "runs of what doesn't match",
    changed(wordPiece(), split({ String: " " }, "Contiguous", true)),
    /Contiguous, inverted/,
  ],
  ["groups that are removed", changed(wordPiece(), split({ Regex: "(a)" }, "Removed")), /groups/],
  ["no pattern", changed(wordPiece(), split({ Other: "a" }, "Removed")), /pattern/],
  [
    "no token for the unknown",
    changed(wordPiece(), {}, { unk_token: "[OOV]" }),
    /unk_token "\[OOV\]" is not in its vocabulary/,
  ],
  ["no unk_id", changed(unigram(), {}, { unk_id: null }), /unk_id/],
  ["bytes for the unknown", changed(unigram(), {}, { byte_fallback: true }), /falls back to bytes/],
  ["Unigram by words", changed(unigram(), { pre_tokenizer: { type: "Whitespace" } }), /Whitespace without Metaspace/],
  ["marks within words", changed(byteLevelBpe(), {}, { continuing_subword_prefix: "##" }), /continuing_subword_prefix/],
  ["fused unknowns", changed(byteLevelBpe(), {}, { unk_token: "<unk>", fuse_unk: true }), /fuse_unk/],
  ["no merges", changed(byteLevelBpe(), {}, { merges: undefined }), /merges/],
  ["no vocabulary", changed(wordPiece(), {}, { vocab: null }), /no vocabulary/],
  ["an id that is none", changed(wordPiece(), {}, { vocab: { a: "1" } }), /token a has no id/],
  ["a piece without a score", changed(unigram(), {}, { vocab: [["a", null]] }), /no score/],
  [
    "whole words alone",
    changed(wordPiece(), { added_tokens: [{ id: 0, content: "ai", single_word: true }] }),
    /added token ai/,
  ],
  [
    "a map that folds case",
    changed(unigram(), { normalizer: { type: "Precompiled", precompiled_charsmap: charsmapOf("A") } }),
    /folds case/,
  ],
])("%s: refused by name", (_, json, reason) => {
  expect(() => read(json)).toThrow(reason);
});

test("a map that folds no case is taken, and the joiner of emoji kept", () => {
  expect(mapsCharacter(charsmapOf("A"), "A")).toBe(true);
  expect([mapsCharacter(charsmapOf("\u0002"), "A"), mapsCharacter("", "A")]).toEqual([false, false]);
  const normalizer = { type: "Precompiled", precompiled_charsmap: charsmapOf("\u0002") };
  const vocab = [...(unigram().model["vocab"] as unknown[]), ["\u200D", -1]];
  const encoder = new Encoder(read(changed(unigram(), { normalizer }, { vocab })).json, 64);
  expect(encoder.encode("a\u200Da").ids).toContain(vocab.length - 1);
});

describe("what the post-processor adds", () => {
  const template = wordPiece()["post_processor"] as { single: object[] };

  test("must be in the vocabulary", () => {
    const single = [{ SpecialToken: { id: "[BOS]", type_id: 0 } }, ...template.single];
    const { json } = read(changed(wordPiece(), { post_processor: { ...template, single } }));
    expect(() => new Encoder(json, 64)).toThrow("adds [BOS], which is not in its vocabulary");
  });

  test("must leave the text, and room for it", () => {
    const { json } = read(
      changed(wordPiece(), { post_processor: { ...template, single: template.single.slice(0, 1) } }),
    );
    expect(() => new Encoder(json, 64)).toThrow("does not keep a text");
    expect(() => new Encoder(read(wordPiece()).json, 2)).toThrow("no room");
  });

  test("is told from the text where a letter is no token", () => {
    const { json } = read(
      changed(byteLevelBpe(), {}, { vocab: { "<s>": 0, "<pad>": 1, "</s>": 2, b: 3 }, merges: [] }),
    );
    expect([...new Encoder(json, 64).encode("ab").ids]).toEqual([0, 3, 2]);
  });

  test("types of tokens are noticed", () => {
    const single = template.single.map((item, at) => (at === 2 ? { SpecialToken: { id: "[SEP]", type_id: 2 } } : item));
    const typed = read(changed(wordPiece(), { post_processor: { ...template, single } }));
    expect([new Encoder(typed.json, 64).hasTokenTypes, new Encoder(read(wordPiece()).json, 64).hasTokenTypes]).toEqual([
      true,
      false,
    ]);
  });
});
