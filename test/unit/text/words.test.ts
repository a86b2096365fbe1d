import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextForm } from "../../../src/daemon/text/form.ts";
import { TokenizerLibrary } from "../../../src/daemon/text/library.ts";
import { Words, isWordByWord } from "../../../src/daemon/text/words.ts";
import { byteLevelBpe, changed, unigram, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const BERT = { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true };
const KINDS: Readonly<Record<string, TokenizerJson>> = {
  "as it is": wordPiece(),
  "accents kept": changed(wordPiece(), { normalizer: { ...BERT, strip_accents: false } }),
  "case kept": changed(wordPiece(), { normalizer: { ...BERT, lowercase: false } }),
  "in parts": changed(wordPiece(), {
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKD" }, { type: "Lowercase" }, { type: "StripAccents" }] },
    pre_tokenizer: { type: "WhitespaceSplit" },
  }),
};

/** Of what the vocabulary knows, of what decides how words are split, and of anything else there is. */
const piece = fc.oneof(
  fc.constantFrom("where", "is", "my", "order", "Cafés", "ΟΣ", "日本", "[MASK]", "[SEP]", "[UNK]"),
  fc.constantFrom(
    "!",
    ",",
    "\u0301",
    "\u200D",
    "\u00AD",
    "\u3000",
    "\uFFFD",
    "\u2028",
    "İ",
    "ß",
    "ﬁ",
    "\u1100",
    "\u1161",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constant(" "),
);
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

describe.each(Object.entries(KINDS))("WordPiece, %s", (_, json) => {
  const library = new TokenizerLibrary(json);
  const words = new Words(json, library, "head");
  const form = new TextForm(json);

  test("word by word gives the tokens of the whole text as it was given", async () => {
    expect(isWordByWord(json)).toBe(true);
    const same = async (raw: string): Promise<void> => {
      const whole = await library.idsOf(raw);
      expect(await words.encode(form.of(raw), Infinity)).toEqual(whole);
      expect(words.known(form.of(raw), Infinity) ?? whole).toEqual(whole);
    };
    await fc.assert(fc.asyncProperty(text, same), { numRuns: 2000 });
  });
});

const wordPieceWith = (token: object): TokenizerJson => {
  const base = { id: 4, content: "[MASK]", special: true, normalized: false, lstrip: false, rstrip: false };
  return changed(wordPiece(), { added_tokens: [{ ...base, ...token }] });
};

test.each([
  ["byte-level BPE", byteLevelBpe()],
  ["Unigram", unigram()],
  ["no splitter", changed(wordPiece(), { pre_tokenizer: null })],
  ["a splitter of another kind", changed(wordPiece(), { pre_tokenizer: { type: "Metaspace", replacement: "▁" } })],
  [
    "a normalizer that looks at blanks",
    changed(wordPiece(), { normalizer: { type: "Replace", pattern: { String: " a" }, content: "b" } }),
  ],
  [
    "a normalizer with a pattern",
    changed(wordPiece(), { normalizer: { type: "Replace", pattern: { Regex: "a.b" }, content: "b" } }),
  ],
  ["an added token of two words", wordPieceWith({ content: "[MY MASK]" })],
  ["an added token that takes the blanks beside it", wordPieceWith({ lstrip: true })],
  ["an added token that is sought in normalised text", wordPieceWith({ normalized: true })],
])("%s is not taken word by word", (_, json) => {
  expect(isWordByWord(json)).toBe(false);
});
