import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestModel } from "../../../src/daemon/model/digest.ts";
import { readModelFolder } from "../../../src/daemon/model/folder.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const config = (over: object = {}): string =>
  JSON.stringify({ id2label: { 0: "no", 1: "yes" }, max_position_embeddings: 512, ...over });

describe("reading a model folder", () => {
  test("labels in the order of the logits, window and pad id", async () => {
    const folder = await readModelFolder(writeOddModel(temporaryFolder()));
    expect(folder).toMatchObject({
      labels: ["first", "second", "third"],
      windowTokens: 64,
      padId: 0,
      multiLabel: false,
    });
  });

  test("more than ten labels keep their order", async () => {
    const dir = writeOddModel(temporaryFolder());
    const labels = Array.from({ length: 12 }, (_, i) => `label ${i}`);
    writeFileSync(join(dir, "config.json"), config({ id2label: Object.fromEntries(labels.entries()) }));
    expect((await readModelFolder(dir)).labels).toEqual(labels);
  });

  test("the window is the position limit or the tokenizer's, whichever is tighter, less RoBERTa's offset", async () => {
    const dir = writeOddModel(temporaryFolder());
    writeFileSync(
      join(dir, "config.json"),
      config({ model_type: "roberta", max_position_embeddings: 514, pad_token_id: 1 }),
    );
    expect((await readModelFolder(dir)).windowTokens).toBe(512);
    writeFileSync(join(dir, "tokenizer_config.json"), '{"model_max_length": 128}');
    expect((await readModelFolder(dir)).windowTokens).toBe(128);
    writeFileSync(join(dir, "tokenizer_config.json"), '{"model_max_length": 1e30}');
    expect((await readModelFolder(dir)).windowTokens).toBe(512);
  });

  test("the pad id is the tokenizer's", async () => {
    const dir = writeOddModel(temporaryFolder());
    writeFileSync(join(dir, "tokenizer_config.json"), '{"pad_token": "[SEP]"}');
    expect((await readModelFolder(dir)).padId).toBe(3);
  });

  test.each([
    ["config.json", "{", /config\.json: .*JSON/],
    ["config.json", "{}", /config\.json: .*id2label/],
    ["config.json", config({ id2label: { 0: "no", 2: "yes" } }), /numbered from 0/],
    ["config.json", config({ id2label: { 0: "only" } }), /two labels or more/],
    ["tokenizer.json", "[]", /tokenizer\.json: /],
  ])("%s with %s is refused, the file named", async (name, content, why) => {
    const dir = writeOddModel(temporaryFolder());
    writeFileSync(join(dir, name), content);
    await expect(readModelFolder(dir)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(why) as string,
    });
  });

  test.each(["config.json", "tokenizer.json", "model.onnx"])(
    "without %s it is refused, the file named",
    async (name) => {
      const dir = writeOddModel(temporaryFolder());
      rmSync(join(dir, name));
      await expect(readModelFolder(dir)).rejects.toMatchObject({
        code: "MODEL_INVALID",
        message: expect.stringContaining(name) as string,
      });
    },
  );
});

describe("the digest", () => {
  const digestOf = async (dir: string): Promise<string> => digestModel(await readModelFolder(dir));

  test("is the same for the same files, wherever they lie, and another when one of them changes", async () => {
    const [one, two] = [writeOddModel(temporaryFolder()), writeOddModel(temporaryFolder())];
    const before = await digestOf(one);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf(two)).toBe(before);
    writeFileSync(join(two, "config.json"), config());
    expect(await digestOf(two)).not.toBe(before);
  });

  test("covers external data", async () => {
    const dir = writeOddModel(temporaryFolder());
    const before = await digestOf(dir);
    writeFileSync(join(dir, "model.onnx_data"), "weights");
    expect(await digestOf(dir)).not.toBe(before);
  });
});
