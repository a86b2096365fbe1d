import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Tokenizer } from "tokenizers";
import { describe, expect, test } from "vitest";
import { readOptions, UsageError } from "../../../bench/model/options.ts";
import { modelTypes, traits } from "../../../bench/model/spec.ts";
import { makeVocabulary, smallestVocabulary } from "../../../bench/model/vocabulary.ts";
import { readModelFolder } from "../../../src/daemon/model/folder.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { tiny, writeTiny } from "./tiny-models.ts";

function tokenizerIn(dir: string): Tokenizer {
  return Tokenizer.fromFile(join(dir, "tokenizer.json"));
}

describe.each(modelTypes)("the folder of a %s", (type) => {
  test("is one combot serves, with ids inside the vocabulary and none unknown", async () => {
    const dir = writeTiny({ type });
    const { specials, names, padId } = traits[type];
    expect(await readModelFolder(dir)).toMatchObject({
      windowTokens: tiny.positions,
      padId,
      labels: ["LABEL_0", "LABEL_1", "LABEL_2"],
    });
    const ids = (await tokenizerIn(dir).encode("Where is my order #12 (zyxw)?")).getIds();
    expect([ids[0], ids.at(-1)]).toEqual([specials.indexOf(names.first), specials.indexOf(names.last)]);
    expect(ids.every((id) => id >= 0 && id < tiny.vocab && id !== specials.indexOf(names.unk))).toBe(true);
  });
});

describe("the vocabulary", () => {
  test.each([smallestVocabulary, 1000, 30522])("has %d entries, none twice, the special tokens first", (size) => {
    const { specials } = traits.bert;
    const entries = makeVocabulary(size, specials, ["where is my order"], 1);
    expect(entries.slice(0, specials.length)).toEqual(specials);
    expect([entries.length, new Set(entries).size]).toEqual([size, size]);
  });

  test("has a word of its own for what is common in the texts, and pieces for the rest", () => {
    const entries = makeVocabulary(
      1000,
      traits.bert.specials,
      [...Array<string>(20).fill("where is my parcel"), ...Array<string>(5).fill("refurbished goods thermometer")],
      1,
    );
    expect(entries).toEqual(expect.arrayContaining(["where", "parcel", "refu", "##hed"]));
    expect(entries).not.toContain("refurbished");
  });
});

describe("options", () => {
  test("a preset, changed in single values", () => {
    const spec = readOptions(["--preset", "distilbert", "--labels", "7", "--int8", "--out", "x"])?.spec;
    expect(spec).toEqual({
      type: "distilbert",
      hidden: 768,
      layers: 6,
      heads: 12,
      intermediate: 3072,
      vocab: 30522,
      positions: 512,
      labels: 7,
      int8: true,
      idleNodes: 0,
      seed: 1,
    });
    expect(readOptions(["--preset", "minilm", "--out", "x"])?.spec).toMatchObject({
      type: "bert",
      hidden: 384,
      intermediate: 1536,
    });
  });

  test.each([
    [["--preset", "tiny"], "--out DIR is missing"],
    [["--out", "x", "--preset", "huge"], "--preset huge"],
    [["--out", "x", "--type", "gpt"], "--type gpt"],
    [["--out", "x", "--hidden", "38.4"], "--hidden 38.4"],
    [["--out", "x", "--heads", "5"], "does not divide"],
    [["--out", "x", "--vocab", "100"], "--vocab 100"],
    [["--out", "x", "--seed", "4294967296"], "--seed"],
    [["--out", "x", "--colour"], "--colour"],
    [["x"], "positional"],
  ])("%j is refused: %s", (args, reason) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(reason);
  });
});

describe("the command", () => {
  const run = (...args: string[]) => promisify(execFile)(process.execPath, ["bench/model/main.ts", ...args]);

  test("says on stdout what it wrote", async () => {
    const out = join(temporaryFolder(), "made");
    const { stdout } = await run("--preset", "tiny", "--out", out);
    expect(stdout).toMatch(/: bert, .*parameters; model\.onnx .* MB/);
    await expect(readModelFolder(out)).resolves.toBeDefined();
  });

  test("ends with 2 and the reason when it can't be followed", async () => {
    await expect(run("--preset", "tiny")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--out DIR is missing"),
    });
  });
});
