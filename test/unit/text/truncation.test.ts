import { Tokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { Encoder } from "../../../src/daemon/text/encoder.ts";
import { shares } from "../../../src/daemon/text/truncation.ts";
import { byteLevelBpe, wordPiece } from "../../support/tokenizers.ts";

const words = (word: string, count: number): string => Array<string>(count).fill(word).join(" ");

describe.each(["right", "left"] as const)("cut at the %s, two texts share the window as the library has it", (side) => {
  test.each([
    ["words of a token each", wordPiece(), "is", "my"],
    ["words of three tokens", wordPiece(), "xyz", "is"],
    ["special tokens among them", wordPiece(), "xyz [SEP]", "[UNK] is 日"],
    ["bytes, with four special tokens", byteLevelBpe(), "xyz", "the"],
  ])("%s, at any lengths", async (_, json, one, other) => {
    const tokenizer = Tokenizer.fromString(JSON.stringify(json));
    for (let windowTokens = 5; windowTokens <= 14; windowTokens++) {
      tokenizer.setTruncation(windowTokens, { direction: side });
      const encoder = await Encoder.open(json, { windowTokens, truncationSide: side });
      for (let first = 1; first <= windowTokens + 2; first++) {
        for (let second = 1; second <= windowTokens + 2; second++) {
          const [text, pair] = [words(one, first), words(other, second)];
          const { ids } = await encoder.encode({ text, pair });
          expect([text, pair, ...ids]).toEqual([text, pair, ...(await tokenizer.encode(text, pair)).getIds()]);
        }
      }
    }
  });
});

test("one text has all of the room", () => {
  expect([shares([3], 5), shares([9], 5)]).toEqual([[3], [5]]);
});

const letters = Array.from({ length: 200 }, (_, at) => String.fromCharCode(97 + (Math.floor(at ** 1.5) % 26))).join("");
const unknown = "ж".repeat(60);

test.each([
  ["right", `${unknown}!${letters}`],
  ["left", `${letters}!${unknown}`],
] as const)("cut at the %s, a word too long for pieces gets none where a part of it would", async (direction, text) => {
  const tokenizer = Tokenizer.fromString(JSON.stringify(wordPiece()));
  tokenizer.setTruncation(16, { direction });
  const encoder = await Encoder.open(wordPiece(), { windowTokens: 16, truncationSide: direction });
  const { ids, truncated } = await encoder.encode({ text });
  expect([...ids]).toEqual((await tokenizer.encode(text)).getIds());
  expect(truncated).toBe(false);
});
