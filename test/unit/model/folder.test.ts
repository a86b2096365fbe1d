import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readModelFolder } from "../../../src/daemon/model/folder.ts";
import { openModel } from "../../../src/daemon/model/opening.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { BROKEN_MODELS } from "../../support/broken-models.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import type { ForeignModel } from "../../support/foreign-models.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { changed, unigram, wordPiece } from "../../support/tokenizers.ts";

const write = (foreign: ForeignModel = {}): string => writeForeignModel(temporaryFolder(), foreign);

describe("reading a model folder", () => {
  test("labels in the order of the logits, window and pad id", async () => {
    const dir = writeOddModel(temporaryFolder());
    expect(await readModelFolder(dir)).toMatchObject({
      name: basename(dir),
      labels: ["first", "second", "third"],
      windowTokens: 64,
      padId: 0,
      multiLabel: false,
    });
  });

  test("more than ten labels keep their order", async () => {
    const labels = Array.from({ length: 12 }, (_, i) => `label ${i}`);
    expect((await readModelFolder(write({ labels }))).labels).toEqual(labels);
  });

  test("each kind as it is exported: inputs, tokenizer, pad id, and the window without positions that no text uses", async () => {
    const facts = async (foreign: ForeignModel): Promise<unknown> => {
      const { header, tokenizer, padId, windowTokens } = await readModelFolder(write(foreign));
      return [header.inputs.length, tokenizer.kind, padId, windowTokens];
    };
    expect(await facts({ type: "bert" })).toEqual([3, "WordPiece", 0, 32]);
    expect(await facts({ type: "distilbert" })).toEqual([2, "WordPiece", 0, 32]);
    expect(await facts({ type: "roberta" })).toEqual([2, "BPE", 1, 32]);
    expect(await facts({ type: "roberta", tokenizer: unigram() })).toEqual([2, "Unigram", 1, 32]);
  });

  test.each<[string, ForeignModel, number]>([
    ["the tokenizer's limit where it is tighter", { tokenizerConfig: { model_max_length: 16 } }, 16],
    ["the positions where the tokenizer knows no limit", { tokenizerConfig: { model_max_length: 1e30 } }, 32],
    [
      "the tokenizer's limit where config.json has none",
      { config: { max_position_embeddings: null }, tokenizerConfig: { model_max_length: 24 } },
      24,
    ],
    ["512 where nobody says", { config: { max_position_embeddings: undefined } }, 512],
    ["the positions after the pad id's", { type: "roberta", config: { pad_token_id: 3 } }, 30],
    [
      "not what is baked into tokenizer.json",
      { tokenizer: changed(wordPiece(), { truncation: { max_length: 8 } }) },
      32,
    ],
  ])("the window: %s", async (_, foreign, window) => {
    expect((await readModelFolder(write(foreign))).windowTokens).toBe(window);
  });

  const padding = (pad_token: string | undefined, pad_id: number): ForeignModel => ({
    tokenizer: changed(
      wordPiece(),
      { padding: { pad_token, pad_id }, added_tokens: [] },
      { vocab: { "[UNK]": 0, "[CLS]": 2, "[SEP]": 3, "<blank>": 7 } },
    ),
  });

  test.each<[string, ForeignModel, number]>([
    ["tokenizer_config.json's", { tokenizerConfig: { pad_token: "[SEP]" } }, 3],
    ["told as an object", { tokenizerConfig: { pad_token: { content: "[MASK]" } } }, 4],
    ["the one tokenizer.json pads with", padding("<blank>", 0), 7],
    ["its id where the token is unknown", padding("[NONE]", 5), 5],
    [
      "config.json's where the tokenizer has none",
      {
        ...padding(undefined, 0),
        tokenizer: changed(padding(undefined, 0).tokenizer!, { padding: null }),
        config: { pad_token_id: 3 },
      },
      3,
    ],
  ])("the pad id: %s", async (_, foreign, padId) => {
    expect((await readModelFolder(write(foreign))).padId).toBe(padId);
  });

  test("the model may lie in onnx/, with its external data beside it", async () => {
    const folder = await readModelFolder(write({ inFolder: true, externalData: true }));
    expect(folder.modelPath).toBe(join(folder.dir, "onnx/model.onnx"));
    expect(folder.externalPaths).toEqual([join(folder.dir, "onnx/model.onnx_data")]);
    const sizes = [folder.modelPath, ...folder.externalPaths].map((path) => readFileSync(path).length);
    expect(folder.bytes).toBe(sizes.reduce((a, b) => a + b));
  });

  test("a link to a folder, and links within it, are followed", async () => {
    const [dir, other] = [write(), temporaryFolder()];
    rmSync(join(dir, "config.json"));
    const config = readFileSync(join(write(), "config.json"));
    writeFileSync(join(other, "blob"), config);
    symlinkSync(join(other, "blob"), join(dir, "config.json"));
    symlinkSync(dir, join(other, "current"));
    expect((await readModelFolder(join(other, "current"))).dir).toBe(dir);
  });
});

describe("refusing a folder", () => {
  /** Code and reason. */
  const refusalOf = (dir: string): Promise<string> =>
    openModel(dir, temporaryFolder()).then(
      () => "it is not refused",
      (error: unknown) => (error instanceof CombotError ? `${error.code} ${error.message}` : String(error)),
    );

  // What only the runtime finds out is left to those that run it.
  const read = BROKEN_MODELS.filter(({ name }) => !/lies|operator|numbers/.test(name));

  test.each(read)("$name", async ({ make, reason }) => {
    const refusal = await refusalOf(make(temporaryFolder()));
    expect(refusal).toMatch(reason);
    expect(refusal).toMatch(/^MODEL_INVALID /);
  });

  const config = (over: object): ForeignModel => ({ config: over });

  test.each<[string, ForeignModel, RegExp]>([
    ["labels not numbered from 0", config({ id2label: { 0: "no", 2: "yes" } }), /config\.json: .*numbered from 0/],
    ["no labels", config({ id2label: {} }), /config\.json: id2label must name a label or more/],
    ["two labels of one number", config({ id2label: null, label2id: { a: 0, b: 0 } }), /two labels the same number/],
    [
      "more labels than anybody reads",
      config({ id2label: null, label2id: null, num_labels: 1e9 }),
      /1000000000 labels, and 20000 are the most/,
    ],
    ["fewer labels than scores", config({ id2label: { 0: "only" } }), /logits has 2 labels, and config\.json names 1/],
    [
      "a pad id past the vocabulary",
      {
        tokenizer: changed(
          wordPiece(),
          { padding: { pad_id: 9999 }, added_tokens: [] },
          { vocab: { "[UNK]": 0, "[CLS]": 2, "[SEP]": 3 } },
        ),
      },
      /vocab_size/,
    ],
  ])("%s", async (_, foreign, reason) => {
    expect(await refusalOf(write(foreign))).toMatch(reason);
  });

  test("no folder, a file, an empty model, a folder in the model's place", async () => {
    const dir = write();
    expect(await refusalOf(join(dir, "nowhere"))).toMatch(/nowhere: there is no such folder/);
    expect(await refusalOf(join(dir, "config.json"))).toMatch(/config\.json/);
    writeFileSync(join(dir, "tokenizer.json"), "[]");
    expect(await refusalOf(dir)).toMatch(/tokenizer\.json: /);
    writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(wordPiece()));
    writeFileSync(join(dir, "model.onnx"), "");
    expect(await refusalOf(dir)).toMatch(/model\.onnx: it is empty/);
    rmSync(join(dir, "model.onnx"));
    mkdirSync(join(dir, "model.onnx"));
    expect(await refusalOf(dir)).toMatch(/neither model\.onnx/);
  });

  test("types of tokens are no matter where the graph asks for none", async () => {
    await expect(
      openModel(write({ type: "distilbert", tokenizer: typed() }), temporaryFolder()),
    ).resolves.toBeDefined();
  });
});

/** XLNet's way: the closing token has a type of its own. */
function typed(): ReturnType<typeof wordPiece> {
  const template = wordPiece()["post_processor"] as { single: object[] };
  const single = [...template.single.slice(0, 2), { SpecialToken: { id: "[SEP]", type_id: 1 } }];
  return changed(wordPiece(), { post_processor: { ...template, single } });
}

describe("the digest", () => {
  const digestOf = async (dir: string): Promise<string> => (await openModel(dir, temporaryFolder())).digest;

  test("is the same for the same files, wherever they lie", async () => {
    const [one, two] = [write(), write()];
    expect(await digestOf(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf(two)).toBe(await digestOf(one));
  });

  const append = (name: string) => (dir: string) => writeFileSync(join(dir, name), " ", { flag: "a" });

  test.each<[string, (dir: string) => void]>([
    ["config.json", append("config.json")],
    ["tokenizer.json", append("tokenizer.json")],
    ["the external data", append("model.onnx_data")],
    ["the window", (dir) => writeFileSync(join(dir, "tokenizer_config.json"), '{"model_max_length": 20}')],
    ["the sides", (dir) => writeFileSync(join(dir, "tokenizer_config.json"), '{"padding_side": "left"}')],
    ["the pad id", (dir) => writeFileSync(join(dir, "tokenizer_config.json"), '{"pad_token": "[SEP]"}')],
  ])("is another one when %s changes", async (_, change) => {
    const dir = write({ externalData: true });
    const before = await digestOf(dir);
    change(dir);
    expect(await digestOf(dir)).not.toBe(before);
  });

  test("is another one for another model", async () => {
    expect(await digestOf(write({ labels: ["a", "b", "c"] }))).not.toBe(await digestOf(write({ labels: ["a", "b"] })));
  });

  test("covers no file that the answers don't come of", async () => {
    const dir = write({ externalData: true });
    const before = await digestOf(dir);
    for (const name of ["README.md", "model.onnx.bak", "other.data", "model.onnx_data_old", "special_tokens_map.json"])
      append(name)(dir);
    expect(await digestOf(dir)).toBe(before);
  });
});
