import { Tokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { pairedWordPiece } from "../../support/nli-model.ts";
import { byteLevelBpe, unigram } from "../../support/tokenizers.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

const WINDOW = 32;
const TOKENIZERS: Readonly<Record<string, TokenizerJson>> = {
  WordPiece: pairedWordPiece(),
  BPE: byteLevelBpe(),
  Unigram: unigram(),
};
/** A short piece again and again, past the length up to which such a text is encoded whole. */
const REPEATED = "where is my card ".repeat(6000).trim();
const TEXTS = ["where is my order?", "order ".repeat(40).trim(), REPEATED];
const PAIRS = ["is my card here?", "日", "my order is here ".repeat(20).trim(), "where is my order?"];

/** As the library has it for the whole text and the whole pair. */
async function reference(json: TokenizerJson, text: string, pair?: string) {
  const tokenizer = Tokenizer.fromString(JSON.stringify(json));
  tokenizer.setTruncation(WINDOW);
  const encoding = await tokenizer.encode(text, pair ?? null, { addSpecialTokens: true });
  return { ids: encoding.getIds(), types: encoding.getTypeIds() };
}

describe.each(Object.entries(TOKENIZERS))("%s", (_name, json) => {
  test.each(TEXTS)("%.20s… has the library's ids with each of several second texts", async (text) => {
    const encoder = await Encoder.open(json, { windowTokens: WINDOW });
    const encoded = await encoder.encodePairs(text, PAIRS);
    for (const [at, pair] of PAIRS.entries()) {
      const { ids, types } = await reference(json, text, pair);
      expect([...encoded[at]!.ids]).toEqual(ids);
      expect([...(encoded[at]!.types ?? new Int32Array(ids.length))]).toEqual(types);
      expect(await encoder.encode({ text, pair })).toEqual(encoded[at]);
    }
  });

  test("a text that repeats itself is encoded, however long it is", async () => {
    const encoder = await Encoder.open(json, { windowTokens: WINDOW });
    expect([...(await encoder.encode({ text: REPEATED })).ids]).toEqual((await reference(json, REPEATED)).ids);
  });
});
