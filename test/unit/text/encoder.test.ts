import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUNDLED_MODEL_DIR } from "../../../src/daemon/model/bundled-model.ts";
import { Encoder } from "../../../src/daemon/text/encoder.ts";

const tokenizerJson = JSON.parse(readFileSync(join(BUNDLED_MODEL_DIR, "tokenizer.json"), "utf8")) as {
  post_processor: { special_tokens: Record<string, { ids: number[] }> };
};
const idOf = (token: string): number | undefined => tokenizerJson.post_processor.special_tokens[token]?.ids[0];

describe("encoding", async () => {
  const encoder = await Encoder.open(tokenizerJson, { windowTokens: 16 });

  test("puts the special tokens around a text", async () => {
    const { ids, truncated } = await encoder.encode({ text: "where is my order" });
    expect([ids[0], ids.at(-1)]).toEqual([idOf("[CLS]"), idOf("[SEP]")]);
    expect(truncated).toBe(false);
  });

  test("cuts to the window, the closing special token kept, and says so", async () => {
    const { ids, truncated } = await encoder.encode({ text: "order ".repeat(40).trim() });
    expect(ids).toHaveLength(16);
    expect([ids[0], ids.at(-1), truncated]).toEqual([idOf("[CLS]"), idOf("[SEP]"), true]);
  });

  test("what fills the window exactly is not truncated", async () => {
    const length = (await encoder.encode({ text: "order" })).ids.length - 2;
    const words = Math.floor(14 / length);
    expect(await encoder.encode({ text: Array(words).fill("order").join(" ") })).toMatchObject({ truncated: false });
  });

  test("the tail stays where the model is cut at the left", async () => {
    const left = await Encoder.open(tokenizerJson, { windowTokens: 6, truncationSide: "left" });
    const whole = await encoder.encode({ text: "please tell me where is my order" });
    const tail = await left.encode({ text: "please tell me where is my order" });
    expect([...tail.ids]).toEqual([idOf("[CLS]"), ...whole.ids.slice(-5)]);
    expect(tail.truncated).toBe(true);
  });

  test("a text of a mebibyte begins as its head does", async () => {
    const long = await encoder.encode({ text: "where is my order ".repeat(60_000).trim() });
    expect(long.truncated).toBe(true);
    expect(long.ids).toEqual((await encoder.encode({ text: "where is my order ".repeat(10).trim() })).ids);
  });

  test("a baked-in truncation or padding is overridden", async () => {
    const baked = { ...tokenizerJson, truncation: { max_length: 4 }, padding: { strategy: { Fixed: 12 }, pad_id: 0 } };
    const text = "where is my order today";
    const other = await Encoder.open(baked, { windowTokens: 16 });
    expect((await other.encode({ text })).ids).toEqual((await encoder.encode({ text })).ids);
  });
});
