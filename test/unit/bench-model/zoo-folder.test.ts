import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { zoo } from "../../../bench/model/zoo/entries/index.ts";
import { questionFor, writeZooFolder } from "../../../bench/model/zoo/folder.ts";
import { askPlain, openPlain } from "../../../bench/model/zoo/run.ts";
import { bestOf } from "../../../bench/model/zoo/scores.ts";
import { zooTexts } from "../../../bench/model/zoo/texts.ts";
import { FAMILIES, idsByHand, tokenizerJson } from "../../../bench/model/zoo/tokens.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const entry = zoo.find(({ name }) => name === "below-preparation")!;

describe.each(Object.entries(FAMILIES))("the tokens of %s", (_, family) => {
  test("are by hand what the tokenizer makes of a text", async () => {
    const tokenizer = Tokenizer.fromString(JSON.stringify(tokenizerJson(family, 50)));
    for (const text of ["w0", "w49 w7", "w12 w12 w3 w48 w9"]) {
      expect(idsByHand(text, family, 64)).toEqual((await tokenizer.encode(text)).getIds());
    }
  });
});

test("a text past the window keeps its head and all special tokens", () => {
  expect(idsByHand("w0 w1 w2 w3 w4", FAMILIES.bert, 5)).toEqual([2, 5, 6, 7, 3]);
  expect(idsByHand("w0 w1 w2 w3 w4", FAMILIES.xlnet, 4)).toEqual([6, 7, 4, 3]);
});

describe("a folder", () => {
  test("has the same bytes each time", async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    await writeZooFolder(first, entry);
    await writeZooFolder(second, entry);
    for (const name of ["model.onnx", "config.json", "tokenizer.json", "tokenizer_config.json"])
      expect(readFileSync(join(first, name))).toEqual(readFileSync(join(second, name)));
  });

  test("answers different texts with different labels, none with most of them", async () => {
    const dir = temporaryFolder();
    await writeZooFolder(dir, entry);
    const session = await openPlain(join(dir, "model.onnx"));
    const rows = await askPlain(session, questionFor(entry, zooTexts(100, entry.words, 3)), 1);
    await session.release();
    const counts = rows.map(bestOf).reduce((all, label) => ((all[label] = (all[label] ?? 0) + 1), all), [0, 0, 0, 0]);
    expect(Math.max(...counts)).toBeLessThan(60);
    expect(Math.min(...counts)).toBeGreaterThan(3);
  });
});
