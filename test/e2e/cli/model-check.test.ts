import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { modelCheckReport } from "../../../src/lib/protocol/model.ts";
import { BROKEN_MODELS } from "../../support/broken-models.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { treeOf } from "../../../scripts/support/process-tree.ts";
import { finish, requireBuild, runCli, startCli } from "./cli-process.ts";

beforeAll(requireBuild);

const check = (...args: string[]): ReturnType<typeof runCli> => runCli(["model", "check", ...args]);

describe("a model that can be served", () => {
  test("is described, loaded and measured, without a daemon", async () => {
    const dir = writeForeignModel(temporaryFolder(), { type: "bert", externalData: true });
    const { status, stdout, stderr } = await check(dir);
    expect(stdout).toMatch(/can be served\n/);
    expect(stdout).toMatch(/^inputs +input_ids, attention_mask, token_type_ids$/m);
    expect(stdout).toMatch(/^labels +2, one of them \(softmax\): NEGATIVE, POSITIVE$/m);
    expect(stdout).toMatch(/^memory +PSS [\d.]+ MiB, private [\d.]+ MiB, mapped [\d.]+ MiB$/m);
    expect([status, stderr.replaceAll(/^\S.* …\n/gm, "")]).toEqual([0, ""]);
  });

  test("gives one JSON document, with answers to the texts that were given", async () => {
    const dir = writeForeignModel(temporaryFolder(), { type: "roberta", inFolder: true });
    const { status, stdout, stderr } = await check(dir, "the order", "is my order here?", "--json");
    const report = modelCheckReport.strict().parse(JSON.parse(stdout));
    expect(report).toMatchObject({
      files: ["onnx/model.onnx"],
      graph: { opsets: { "ai.onnx": 14 }, producer: "pytorch", inputs: ["input_ids", "attention_mask"] },
      labels: ["NEGATIVE", "POSITIVE"],
      padId: 1,
      windowTokens: 32,
      tokenizer: { kind: "BPE" },
    });
    expect(report.answers.map(({ text }) => text)).toEqual(["the order", "is my order here?"]);
    expect([status, stderr]).toEqual([0, ""]);
  });
});

test("a model's file is checked as that file of its folder", async () => {
  const dir = writeForeignModel(temporaryFolder(), { inFolder: true });
  copyFileSync(join(dir, "onnx/model.onnx"), join(dir, "onnx/model_fp16.onnx"));
  const { status, stdout } = await check(join(dir, "onnx/model_fp16.onnx"), "--json");
  expect(modelCheckReport.parse(JSON.parse(stdout))).toMatchObject({ dir, files: ["onnx/model_fp16.onnx"] });
  expect(status).toBe(0);
});

describe("a model that can't be served ends with 4 and the reason", () => {
  test.each(BROKEN_MODELS)("$name", async ({ make, reason }) => {
    const { status, stdout, stderr } = await check(make(temporaryFolder()));
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^Error: The model can't be served: .* \[MODEL_INVALID\]$/m);
    expect([status, stdout]).toEqual([4, ""]);
  });

  test("as JSON", async () => {
    const [broken] = BROKEN_MODELS;
    const { status, stdout, stderr } = await check(broken!.make(temporaryFolder()), "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "MODEL_INVALID", detail: expect.stringMatching(broken!.reason) as string },
    });
    expect([status, stderr]).toEqual([4, ""]);
  });
});

describe("wrong usage ends with 2", () => {
  test.each([
    ["a folder that isn't there", (dir: string) => [join(dir, "nowhere")], /There is no folder .*nowhere/],
    [
      "a file that is no model's",
      (dir: string) => [join(dir, "config.json")],
      /config\.json is no folder: give the model's/,
    ],
    ["no folder at all", () => [], /[Mm]issing/],
    ["a text that is none", (dir: string) => [dir, " "], /empty/],
  ])("%s", async (_, argsFor, reason) => {
    const { status, stderr } = await check(...argsFor(writeForeignModel(temporaryFolder())));
    expect(stderr).toMatch(reason);
    expect(status).toBe(2);
  });
});

test("a model that takes too long ends with 5", async () => {
  const dir = writeOddModel(join(temporaryFolder(), "slow"), { slowRounds: 2000 });
  const { status, stderr } = await check(dir, "--timeout", "2");
  expect(stderr).toMatch(/trying the model's file, .* …\n/);
  expect(stderr).toMatch(/was not checked within 2 s \[DEADLINE_EXCEEDED\]/);
  expect(status).toBe(5);
});

test.each(["SIGTERM", "SIGKILL"] as const)("a check that %s ends leaves no process behind", async (signal) => {
  const dir = writeOddModel(join(temporaryFolder(), "slow"), { slowRounds: 4000 });
  const cli = startCli(["model", "check", dir], { stdio: ["ignore", "pipe", "pipe"] });
  const finished = finish(cli);
  await expect.poll(() => treeOf(cli.pid ?? 0).length, { timeout: 10_000 }).toBe(3);
  const [, ...others] = treeOf(cli.pid ?? 0);
  cli.kill(signal);
  await finished;
  await expect.poll(() => others.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 10_000 }).toEqual([]);
});
