import { expect, test } from "vitest";
import { openSharedEncoder } from "../../../src/daemon/model/shared-encoder.ts";
import { wordPieceJson } from "../../../src/lib/training/word-piece.ts";

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const tokenizer = (...words: string[]): object =>
  wordPieceJson({
    vocabulary: [...SPECIALS, ...words],
    specials: SPECIALS,
    first: "[CLS]",
    last: "[SEP]",
    unknown: "[UNK]",
  });

test("models with one tokenizer have one encoder, those with another, or another window, their own", async () => {
  const first = await openSharedEncoder(tokenizer("hello", "order"), { windowTokens: 64 });
  expect(await openSharedEncoder(tokenizer("hello", "order"), { windowTokens: 64 })).toBe(first);
  const others = [
    await openSharedEncoder(tokenizer("order", "hello"), { windowTokens: 64 }),
    await openSharedEncoder(tokenizer("hello", "order"), { windowTokens: 4 }),
    await openSharedEncoder(tokenizer("hello", "order"), { windowTokens: 64, truncationSide: "left" }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
  const ids = await Promise.all([first, ...others].map(async (one) => [...(await one.encode({ text: "order" })).ids]));
  expect(ids).toEqual([
    [2, 5, 3],
    [2, 4, 3],
    [2, 5, 3],
    [2, 5, 3],
  ]);
});
