import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUNDLED_MODEL_DIR } from "../../../src/daemon/model/served-model.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";

const tokenizerJson = JSON.parse(readFileSync(join(BUNDLED_MODEL_DIR, "tokenizer.json"), "utf8")) as {
  post_processor: { special_tokens: Record<string, { ids: number[] }> };
};
const idOf = (token: string): number | undefined => tokenizerJson.post_processor.special_tokens[token]?.ids[0];

describe("encoding", () => {
  const encoder = new Encoder(tokenizerJson, 16);

  test("puts the special tokens around a text", () => {
    const { ids, truncated } = encoder.encode("where is my order");
    expect([ids[0], ids.at(-1)]).toEqual([idOf("[CLS]"), idOf("[SEP]")]);
    expect(truncated).toBe(false);
  });

  test("cuts to the window, the closing special token kept, and says so", () => {
    const { ids, truncated } = encoder.encode("order ".repeat(40).trim());
    expect(ids).toHaveLength(16);
    expect([ids[0], ids.at(-1), truncated]).toEqual([idOf("[CLS]"), idOf("[SEP]"), true]);
  });

  test("what fills the window exactly is not truncated", () => {
    const length = encoder.encode("order").ids.length - 2;
    const words = Math.floor(14 / length);
    expect(encoder.encode(Array(words).fill("order").join(" "))).toMatchObject({ truncated: false });
  });

  test("a text of a mebibyte is cut before it is tokenised, and begins as its head does", () => {
    const long = encoder.encode("where is my order ".repeat(60_000).trim());
    expect(long.truncated).toBe(true);
    expect(long.ids).toEqual(encoder.encode("where is my order ".repeat(10).trim()).ids);
  });

  test("a baked-in truncation or padding is overridden", () => {
    const baked = { ...tokenizerJson, truncation: { max_length: 4 }, padding: { strategy: { Fixed: 12 }, pad_id: 0 } };
    const text = "where is my order today";
    expect(new Encoder(baked, 16).encode(text).ids).toEqual(encoder.encode(text).ids);
  });
});
