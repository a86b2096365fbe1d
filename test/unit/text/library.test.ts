import { Tokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { FAMILIES } from "../../../bench/tokenizers/families.ts";
import { readTokenizer, tokenizerSchema } from "../../../src/daemon/model/tokenizer-file.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import type { TokenizerJson } from "../../support/tokenizers.ts";

/** What a port of the library got wrong once, and what is cut in the middle. */
const TEXTS = [
  "🤷‍♀️ ok",
  "ශ්‍රී ලංකා",
  "A𨋢 𠮷3",
  "a\u0085b\u0085 c",
  "  where\tis \n\n my  order ",
  "각하 \u1100\u1161\u11A8 한글",
  "ΟΣ İstanbul ﬁx ½ ｆｕｌｌ",
  "e\u0301 a\u0316\u0301 \u0301",
  "[MASK] is <mask> it </s> [SEP]x <|endoftext|>",
  "order,order orders ok.",
  "I'll don't 12345 1٣2",
];
const LONG: Readonly<Record<string, string>> = {
  words: "Where is my order, please? ".repeat(800),
  "one letter": "a".repeat(20_000),
  blanks: `where${" ".repeat(20_000)}is my order`,
  "blanks at the end": `where is${" \n".repeat(10_000)}`,
  Chinese: "我的订单在哪里请问退款需要多久".repeat(900),
  "Chinese without a period": Array.from({ length: 15_000 }, (_, at) =>
    String.fromCharCode(0x4e00 + ((at * 7919) % 20_000)),
  ).join(""),
  Thai: "คำสั่งซื้อของฉันอยู่ที่ไหน".repeat(500),
  emoji: "👩‍👩‍👧‍👦🤷‍♀️".repeat(900),
  "one letter, on and on": `hello there ${"o".repeat(200_057)}`,
  "nothing, and then words": `${"\u0007".repeat(30_000)} where is my order`,
  "what is unknown, and then words": `${"\u{1F9FF}".repeat(15_000)} where is my order`,
};

describe.each(Object.entries(FAMILIES))("%s", async (_, make) => {
  const json = make() as TokenizerJson;
  const text = JSON.stringify(json);
  const open = async (windowTokens: number, truncationSide: "right" | "left"): Promise<Encoder> =>
    await Encoder.open(readTokenizer(tokenizerSchema.parse(json)).json, { windowTokens, truncationSide });

  test("texts have the ids and types of the library, alone and in pairs", async () => {
    const [library, encoder] = [Tokenizer.fromString(text), await open(512, "right")];
    for (const [at, one] of TEXTS.entries()) {
      for (const pair of encoder.takesPairs ? [undefined, TEXTS[(at + 1) % TEXTS.length]!] : [undefined]) {
        const right = await library.encode(one, pair ?? null);
        const { ids, types } = await encoder.encode({
          text: encoder.formOf(one),
          ...(pair !== undefined && { pair: encoder.formOf(pair) }),
        });
        expect([one, pair, ...ids]).toEqual([one, pair, ...right.getIds()]);
        expect([...(types ?? new Int32Array(ids.length))]).toEqual(right.getTypeIds());
      }
    }
  });

  test.each(["right", "left"] as const)("long texts are cut at the %s as the library cuts them whole", async (side) => {
    const [library, encoder] = [Tokenizer.fromString(text), await open(64, side)];
    library.setTruncation(64, { direction: side });
    for (const [name, long] of Object.entries(LONG)) {
      const { ids } = await encoder.encode({ text: encoder.formOf(long) });
      expect([name, ...ids]).toEqual([name, ...(await library.encode(long)).getIds()]);
    }
  });
});
