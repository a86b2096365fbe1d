import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextForm } from "../../../src/daemon/text/form.ts";
import { TokenizerLibrary } from "../../../src/daemon/text/library.ts";
import { byteLevelBpe, changed, unigram, wordPiece } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const BERT = { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true };
const KINDS: Readonly<Record<string, TokenizerJson>> = {
  "BERT, accents off": spelt(wordPiece()),
  "BERT, accents kept": spelt(changed(wordPiece(), { normalizer: { ...BERT, strip_accents: false } })),
  "BERT, case kept": spelt(changed(wordPiece(), { normalizer: { ...BERT, lowercase: false } })),
  "NFD, whole words": spelt(
    changed(wordPiece(), { normalizer: { type: "NFD" }, pre_tokenizer: { type: "WhitespaceSplit" } }),
  ),
  "NFC, bytes": changed(byteLevelBpe(), { normalizer: { type: "NFC" } }),
  "NFKC, pieces": unigram(),
  "NFKD, pieces": changed(unigram(), {
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKD" }, { type: "StripAccents" }] },
  }),
  bytes: byteLevelBpe(),
};

/** So that letters are told from each other, and not all of them unknown. */
function spelt(json: TokenizerJson): TokenizerJson {
  const vocab = { ...(json.model["vocab"] as Record<string, number>) };
  const letters = Array.from("ÀÉéèïñçЙйёΆάᾳạữ가각한글ㅏ\u1100\u1161\u11A8\u0301\u0308\u0323\u3099がばパ豈豈;Ω`K");
  for (const letter of letters.flatMap((one) => [one, `##${one}`])) vocab[letter] ??= Object.keys(vocab).length;
  return changed(json, {}, { vocab });
}

const pieces = [
  ...Array.from(
    "eéEaAıİßﬁ日本𠮷กำาضلا가한\u1100\u1161\u11A8\u0300\u0301\u0316\u0323\u0327\u0338\u0345\u0F71\u0F72\u3099か",
  ),
  ...Array.from(
    "\u200D\u200B\u00AD\uFEFF\u0085\u000B\u000C\u00A0\u3000\u2028\u2002\u2126\u212A\u037E\u1FEF\uF900\uFFFD\u0007",
  ),
  ...Array.from("\t\n\r .,!'<>[]/"),
  "👩‍👧",
  "🤷‍♀️",
  "[SEP]",
  "[MAS\u212A]",
  "</s>",
  "<mask>",
  "order",
  " ",
  "  ",
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 24 })
  .map((parts) => parts.join("").toWellFormed());

describe.each(Object.entries(KINDS))("%s", (_, json) => {
  const library = new TokenizerLibrary(json);
  const form = new TextForm(json);

  test("a text's form has the ids of the text", async () => {
    const same = async (text: string): Promise<void> => {
      const one = form.of(text);
      expect(form.of(one)).toBe(one);
      expect(one === text || (await library.idsOf(one)).join()).toEqual(
        one === text || (await library.idsOf(text)).join(),
      );
    };
    await fc.assert(fc.asyncProperty(hostile, same), { numRuns: 1500 });
  });

  test("every letter that is composed, decomposed or replaced is the same to it before and after", async () => {
    const forms = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
      .flatMap((letter) => [letter, letter.normalize("NFD"), `a${letter.normalize("NFD")}b`])
      .filter((text) => text.isWellFormed() && form.of(text) !== text);
    const texts = [...new Set(forms)];
    const given = await library.idsOfEach(texts);
    const formed = await library.idsOfEach(texts.map((text) => form.of(text)));
    const differ = texts.filter((_, at) => given[at]?.join() !== formed[at]?.join());
    expect(differ).toEqual([]);
  });
});

test("composes and folds where it may", () => {
  const [bert, bytes] = [new TextForm(wordPiece()), new TextForm(byteLevelBpe())];
  expect(bert.of("  where\t is \r\n my\u00A0cafe\u0301 \u2003")).toBe("where is my caf\u00e9");
  expect(bytes.of("  where\t is cafe\u0301 ")).toBe("  where\t is cafe\u0301 ");
  expect(new TextForm(unigram()).of("  cafe\u0301 ")).toBe("  caf\u00e9 ");
});

test("what would take long to compose is left as it is", () => {
  const form = new TextForm(unigram());
  const marks = `a${"\u0300".repeat(20)}${"\u0316".repeat(20)}`;
  expect(form.of(marks)).toBe(marks);
  const long = "e\u0301".repeat(10_000);
  expect(form.of(long)).toBe(long);
});
