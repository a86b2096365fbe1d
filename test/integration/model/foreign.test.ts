import { describe, expect, test } from "vitest";
import { checkModel } from "../../../src/daemon/model-check.ts";
import { modelCheckReport } from "../../../src/lib/protocol/model.ts";
import type { ModelCheckReport } from "../../../src/lib/protocol/model.ts";
import { BROKEN_MODELS } from "../../support/broken-models.ts";
import { classify, startCore } from "../../support/core.ts";
import { writeForeignModel } from "../../support/foreign-models.ts";
import type { ForeignModel } from "../../support/foreign-models.ts";
import { FATAL_WORD, writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { changed, unigram, wordPiece } from "../../support/tokenizers.ts";

const TEXTS = ["where is my order?", "is", "my card is where my order is"];
const BAKED = {
  truncation: { max_length: 4, stride: 0, strategy: "LongestFirst", direction: "Right" },
  padding: {
    strategy: { Fixed: 30 },
    direction: "Right",
    pad_id: 0,
    pad_type_id: 0,
    pad_token: "[PAD]",
    pad_to_multiple_of: null,
  },
};

const check = (dir: string, texts: readonly string[] = TEXTS): Promise<ModelCheckReport> =>
  checkModel({ dir, texts }, { onStage: () => undefined, signal: new AbortController().signal });

const KINDS: Readonly<Record<string, ForeignModel>> = {
  "BERT with three inputs": { type: "bert", labels: ["a", "b", "c"] },
  DistilBERT: { type: "distilbert" },
  "RoBERTa with byte-level BPE": { type: "roberta" },
  "XLM-RoBERTa with Unigram": { type: "roberta", tokenizer: unigram(), config: { model_type: "xlm-roberta" } },
  "weights in a file of their own": { type: "bert", externalData: true },
  "a model in onnx/": { inFolder: true, externalData: true },
  "padding and truncation in tokenizer.json": { tokenizer: changed(wordPiece(), BAKED) },
};

describe.each(Object.entries(KINDS))("%s", (_, foreign) => {
  test("checks, and what it answers padding doesn't change", async () => {
    const report = await check(writeForeignModel(temporaryFolder(), foreign));
    expect(modelCheckReport.parse(report)).toEqual(report);
    expect(report.filled.tokens).toBe(32);
    expect(report.filled.probeShift).toBeLessThan(1e-6);
    expect(report.worker.memory?.pssBytes).toBeGreaterThan(0);
    expect(report.answers.map(({ text }) => text)).toEqual(TEXTS);
  });

  test("serves texts of several lengths in one batch as it does alone", async () => {
    const dir = writeForeignModel(temporaryFolder(), foreign);
    const { answers } = await check(dir);
    const core = await startCore(dir, { WORKERS: "1" });
    const { results } = await classify(core, TEXTS);
    expect(results.map(({ label }) => label)).toEqual(answers.map(({ label }) => label));
    for (const [at, { score }] of results.entries()) expect(score).toBeCloseTo(answers[at]?.score ?? 0, 5);
  });
});

test("labels with probabilities of their own do not add up to one", async () => {
  const labels = ["angry", "sad", "glad"];
  const softmax = writeForeignModel(temporaryFolder(), { labels });
  const sigmoid = writeForeignModel(temporaryFolder(), { labels, multiLabel: true });
  const core = await startCore(sigmoid, { WORKERS: "1" });
  const { results } = await core.models.classify({ text: "where is it", topK: 3 }, () => new AbortController().signal);
  const sum = (scores: readonly { score: number }[] = []): number => scores.reduce((all, { score }) => all + score, 0);
  expect(sum(results[0]?.scores)).toBeGreaterThan(1.2);
  const [alone, together] = [await check(sigmoid, ["where is it"]), await check(softmax, ["where is it"])];
  expect([alone.multiLabel, together.multiLabel]).toEqual([true, false]);
  expect(alone.answers[0]?.scores).toEqual(results[0]?.scores);
  expect(sum(together.answers[0]?.scores)).toBeCloseTo(1, 5);
});

test("a text longer than the window is cut to it, whatever tokenizer.json would cut it to", async () => {
  const dir = writeForeignModel(temporaryFolder(), { tokenizer: changed(wordPiece(), BAKED) });
  const { answers } = await check(dir, ["order ".repeat(100), "order ".repeat(20)]);
  expect(answers.map(({ tokens, truncated }) => [tokens, truncated])).toEqual([
    [32, true],
    [22, false],
  ]);
});

test.each(BROKEN_MODELS.filter(({ name }) => /lies|operator|numbers/.test(name)))(
  "a worker refuses $name",
  async ({ make, reason }) => {
    await expect(check(make(temporaryFolder()))).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(reason) as string,
    });
  },
);

test("a window wider than the model's positions is found out", async () => {
  const dir = writeForeignModel(temporaryFolder(), { config: { max_position_embeddings: 64 } });
  await expect(check(dir)).rejects.toMatchObject({
    code: "MODEL_INVALID",
    message: expect.stringMatching(/text of \d+ tokens, within its window, fails/) as string,
  });
});

test("a model that takes its worker down with it is refused, and says how", async () => {
  const dir = writeOddModel(temporaryFolder(), { fatal: true });
  await expect(check(dir, [FATAL_WORD])).rejects.toMatchObject({
    code: "MODEL_INVALID",
    message: expect.stringMatching(/the worker ended: it died of SIGFPE/) as string,
  });
});

test("a text that is none is refused before anything is loaded", async () => {
  await expect(check("/nowhere", ["  "])).rejects.toMatchObject({ code: "INVALID_TEXT", index: 0 });
});
