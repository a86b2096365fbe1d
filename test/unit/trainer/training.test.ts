import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readExamples } from "../../../scripts/model/csv.ts";
import { englishLexicon, readLexicon } from "../../../src/lib/training/lexicon.ts";
import { OnnxRunner } from "../../../scripts/model/onnx-runner.ts";
import { createEncoder } from "../../../src/lib/training/tokenizer.ts";
import { trainModel } from "../../../src/lib/training/trainer.ts";
import { packageFile } from "../../../src/lib/package-files.ts";

const run = promisify(execFile);
const lexicon = readLexicon(englishLexicon);
/** The first texts of three of the shop's intents. */
const labels = ["greeting", "refund_status", "opening_hours"];
const shop = readExamples(packageFile("models/shop-intents/data/train.csv"));
const examples = labels.flatMap((label) => shop.filter((example) => example.label === label).slice(0, 12));

const train = () => trainModel(examples, { name: "small", seed: 4, epochs: 3, lexicon, onProgress: () => {} });

describe("a trained model", () => {
  const texts = [
    "hello there",
    "wheres my money, you said you'd pay it back last week",
    "Öffnungszeiten am Sonntag??",
    "zxqj 🤷 12345",
    "",
    "when do you open ".repeat(100),
  ];

  test("scores in its graph as in the trainer, alone and padded", async () => {
    const { model, score } = train();
    const runner = await OnnxRunner.open(model.onnx, createEncoder(model.tokenizer));
    const together = await runner.score(texts);
    for (const [at, text] of texts.entries()) {
      const own = score(text);
      const [alone = new Float32Array()] = await runner.score([text]);
      const largest = Math.max(...own.map(Math.abs));
      const gaps = [...own].map((logit, label) => Math.abs(logit - alone[label]!));
      expect(Math.max(...gaps)).toBeLessThan(largest * 1e-5);
      expect([...(together[at] ?? [])]).toEqual([...alone]);
    }
  });

  test("is the same bytes for the same seed and texts", () => {
    expect(Buffer.compare(train().model.onnx, train().model.onnx)).toBe(0);
  });
});

describe("the command", () => {
  let folder = "";
  const write = (name: string, rows: readonly (readonly [string, string])[]): string => {
    const path = join(folder, name);
    writeFileSync(
      path,
      `text,label\n${rows.map(([text, label]) => `"${text.replaceAll('"', '""')}",${label}\n`).join("")}`,
    );
    return path;
  };
  const command = (test: string) => {
    const [train, out] = [join(folder, "train.csv"), join(folder, "out")];
    const flags = ["--train", train, "--test", test, "--out", out, "--epochs", "1"];
    return run(process.execPath, ["scripts/model/train.ts", ...flags]);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "combot-train-"));
    write(
      "train.csv",
      examples.map(({ text, label }) => [text, label]),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("counts held-out texts of labels that were not trained as out of scope", async () => {
    const held = write("held.csv", [
      ["good morning", "greeting"],
      ["when are you open", "opening_hours"],
      ["tell me a joke", "joke"],
    ]);
    const { stdout } = await command(held);
    expect(stdout).toContain("out of scope: 1 texts of labels not trained (joke)");
    const metrics = JSON.parse(readFileSync(join(folder, "out/metrics.json"), "utf8")) as Record<string, unknown>;
    expect(metrics).toMatchObject({ texts: 2, outOfScope: { texts: 1, labels: ["joke"] } });
  });

  test("refuses a held-out file that has no trained label at all", async () => {
    const held = write("strange.csv", [["tell me a joke", "joke"]]);
    await expect(command(held)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("strange.csv") });
  });
});
