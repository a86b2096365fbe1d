import { cpSync, mkdirSync, readFileSync, realpathSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { nameOfFolder } from "../../../src/daemon/model/folder-name.ts";
import { openModel } from "../../../src/daemon/model/opening.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

describe("what Python's json writes for numbers that JSON has no word for", () => {
  /** As json.dumps gives them: bare words, in the place of any value. */
  const MORE = `"dropout": NaN, "list": [Infinity, -Infinity], "note": "NaN, \\"-Infinity\\""`;

  function written(name: string, more: string): string {
    const dir = writeForeignModel(temporaryFolder(), { tokenizerConfig: { padding_side: "right" } });
    const path = join(dir, name);
    // In the tokenizer's model, for its library takes nothing it doesn't know elsewhere.
    const place = name === "tokenizer.json" ? /"model":\{/ : /^\{/;
    writeFileSync(path, readFileSync(path, "utf8").replace(place, `$&${more}, `));
    return dir;
  }

  test.each(["config.json", "tokenizer_config.json", "tokenizer.json"])("is read in %s", async (name) => {
    const { labels } = await openModel(written(name, MORE), temporaryFolder());
    expect(labels).toEqual(["NEGATIVE", "POSITIVE"]);
  });

  test("a limit without end is none", async () => {
    const dir = written("tokenizer_config.json", `"model_max_length": Infinity`);
    expect((await openModel(dir, temporaryFolder())).windowTokens).toBe(32);
  });

  test("anything else is no JSON still, and is named", async () => {
    for (const more of [`"a": nan`, `"a": NaNa`, `"a": +Infinity`])
      await expect(openModel(written("config.json", more), temporaryFolder())).rejects.toThrow(
        /config\.json: it is no JSON/,
      );
  });
});

describe("a folder in the cache that huggingface_hub keeps", () => {
  /** Its layout: files in blobs, by their hash, and a folder a commit with links to them. */
  function cached(repository: string): string {
    const root = join(temporaryFolder(), "hub", repository);
    const snapshot = join(root, "snapshots", "0123456789abcdef0123456789abcdef01234567");
    writeForeignModel(snapshot);
    mkdirSync(join(root, "blobs"));
    for (const [at, name] of ["config.json", "model.onnx", "tokenizer.json"].entries()) {
      renameSync(join(snapshot, name), join(root, "blobs", String(at)));
      symlinkSync(join("../../blobs", String(at)), join(snapshot, name));
    }
    return snapshot;
  }

  test("is called as the model is there", async () => {
    const dir = cached("models--some-org--tiny-model");
    for (const given of [dir, join(dir, "model.onnx")])
      expect(await openModel(given, temporaryFolder())).toMatchObject({ name: "some-org/tiny-model", dir });
  });

  test.each([
    ["/hub/models--gpt2/snapshots/abc", "gpt2"],
    ["/hub/models--a--b-c.d_e/snapshots/abc", "a/b-c.d_e"],
    ["/models/snapshots/abc", "abc"],
    ["/hub/models--a--b/refs/main", "main"],
    ["/hub/datasets--a--b/snapshots/abc", "abc"],
    ["/srv/models--a--b", "models--a--b"],
  ])("%s is called %s", (dir, name) => {
    expect(nameOfFolder(dir)).toBe(name);
  });
});

describe("a model that is named by its file", () => {
  function several(): string {
    const dir = writeForeignModel(temporaryFolder(), { inFolder: true });
    cpSync(join(dir, "onnx/model.onnx"), join(dir, "onnx/model_fp16.onnx"));
    cpSync(join(dir, "onnx/model.onnx"), join(dir, "mine.onnx"));
    return realpathSync(dir);
  }

  test.each(["onnx/model_fp16.onnx", "onnx/model.onnx", "mine.onnx"])("%s is that file of its folder", async (file) => {
    const dir = several();
    const state = temporaryFolder();
    const model = await openModel(join(dir, file), state);
    expect(model).toMatchObject({ dir, file, remarks: [] });
    expect((await openModel(dir, state, { file })).digest).toBe(model.digest);
  });

  test("a link to a file elsewhere is the file of the folder that the link is in", async () => {
    const dir = several();
    const blob = join(temporaryFolder(), "blob");
    renameSync(join(dir, "mine.onnx"), blob);
    symlinkSync(blob, join(dir, "mine.onnx"));
    expect(await openModel(join(dir, "mine.onnx"), temporaryFolder())).toMatchObject({ dir, file: "mine.onnx" });
  });

  test("a folder called onnx with a config.json is a folder of its own", async () => {
    const dir = join(realpathSync(temporaryFolder()), "onnx");
    writeForeignModel(dir);
    writeForeignModel(dirname(dir), { labels: ["a", "b", "c"] });
    expect(await openModel(join(dir, "model.onnx"), temporaryFolder())).toMatchObject({ dir, file: "model.onnx" });
  });

  test("is refused where another file of it is named too", async () => {
    const dir = several();
    const both = openModel(join(dir, "mine.onnx"), temporaryFolder(), { file: "model.onnx" });
    await expect(both).rejects.toThrow(/mine\.onnx is a file, and model\.onnx is to be taken.*name one of them/);
  });
});
