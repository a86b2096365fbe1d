import { describe, expect, test } from "vitest";
import type { ClassifyReply, ClassifyRequest } from "../../../src/lib/protocol/classify.ts";
import { ask, startCore } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { NLI_LABELS, writeNliModel } from "../../support/nli-model.ts";
import { Oracle, shares } from "../../support/oracle.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const TEXT = "where is my order?";
const LABELS = ["shipping", "a refund", "my card"];
const TEMPLATE = "This example is {}.";

interface Nli {
  readonly core: Core;
  readonly oracle: Oracle;
}

async function startNli(labels = NLI_LABELS, env: Record<string, string> = {}): Promise<Nli> {
  const dir = writeNliModel(temporaryFolder(), labels);
  return { core: await startCore(dir, { WORKERS: "1", ...env }), oracle: await Oracle.open(dir, 64) };
}

/** Logits of each label's hypothesis. */
function logitsOf({ oracle }: Nli, text: string, labels: readonly string[], template = TEMPLATE): Promise<number[][]> {
  return Promise.all(labels.map((label) => oracle.logits(text, template.replace("{}", label))));
}

/** As the reply has them, best first. */
function ranked(labels: readonly string[], scores: readonly number[]): [string, number][] {
  const rows = labels.map((label, at): [string, number] => [label, scores[at] ?? NaN]);
  return rows.toSorted((a, b) => b[1] - a[1]);
}

function expectScores(reply: ClassifyReply, at: number, expected: readonly (readonly [string, number])[]): void {
  const { label, score, scores = [{ label, score }] } = reply.results[at]!;
  expect(scores.map((row) => row.label)).toEqual(expected.map(([name]) => name));
  for (const [place, row] of scores.entries()) expect(Math.abs(row.score - expected[place]![1])).toBeLessThan(1e-4);
}

const asked = (more: Partial<ClassifyRequest> = {}): ClassifyRequest => ({
  text: TEXT,
  labels: LABELS,
  topK: LABELS.length,
  ...more,
});

describe("scores are those of a hand calculation on onnxruntime's logits", () => {
  test.each([
    ["in the order of MNLI", NLI_LABELS, 2],
    ["entailment first, in capitals", ["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], 0],
    ["two labels", ["entailment", "not_entailment"], 0],
    ["two labels, the other way round", ["not_entailment", "entailment"], 1],
  ] as const)("%s: one label of all is right", async (_name, modelLabels, yes) => {
    const nli = await startNli(modelLabels);
    const logits = await logitsOf(nli, TEXT, LABELS);
    const expected = shares(logits.map((row) => row[yes]!));
    // Or the test would show nothing.
    expect(new Set(expected.map((score) => score.toFixed(3))).size).toBe(3);
    expectScores(await ask(nli.core, asked()), 0, ranked(LABELS, expected));
  });

  test.each([
    ["contradiction first", NLI_LABELS, 2, 0],
    ["contradiction last", ["entailment", "neutral", "contradiction"], 0, 2],
    [
      "contradiction between, where the pipeline would take the neutral one",
      ["neutral", "contradiction", "entailment"],
      2,
      1,
    ],
    ["two labels", ["not_entailment", "entailment"], 1, 0],
  ] as const)("%s: each label by itself", async (_name, modelLabels, yes, no) => {
    const nli = await startNli(modelLabels);
    const logits = await logitsOf(nli, TEXT, LABELS);
    const expected = logits.map((row) => shares([row[no]!, row[yes]!])[1]!);
    expectScores(await ask(nli.core, asked({ multiLabel: true })), 0, ranked(LABELS, expected));
  });

  test("a single label is weighed against its contradiction", async () => {
    const nli = await startNli();
    const [row] = await logitsOf(nli, TEXT, ["shipping"]);
    const expected = shares([row![0]!, row![2]!])[1]!;
    const reply = await ask(nli.core, { text: TEXT, labels: ["shipping"] });
    expectScores(reply, 0, [["shipping", expected]]);
    expect(reply.results[0]).not.toHaveProperty("scores");
  });

  test("several texts, another template, the best label alone", async () => {
    const nli = await startNli();
    const template = "it is {}!";
    const texts = [TEXT, "my card is where my order is", "is order"];
    const reply = await ask(nli.core, { texts, labels: LABELS, template });
    for (const [at, text] of texts.entries()) {
      const logits = await logitsOf(nli, text, LABELS, template);
      expectScores(reply, at, ranked(LABELS, shares(logits.map((row) => row[2]!))).slice(0, 1));
    }
  });

  test("a text that is cut loses its own end, and no hypothesis any of its words", async () => {
    const nli = await startNli();
    const text = "order is my card ".repeat(30).trim();
    const logits = await logitsOf(nli, text, LABELS);
    const reply = await ask(nli.core, asked({ text }));
    expectScores(reply, 0, ranked(LABELS, shares(logits.map((row) => row[2]!))));
    expect(reply.results[0]?.truncated).toBe(true);
  });
});

describe("one question", () => {
  test("is the labels in whatever order; equal labels come in the order given", async () => {
    const { core } = await startNli();
    const first = await ask(core, asked());
    const second = await ask(core, asked({ labels: LABELS.toReversed() }));
    expect(second.results[0]).toEqual({ ...first.results[0], cached: "memory" });
    // What this tokenizer does not know is all one to it.
    const labels = ["🐢", "🐇", "🦔"];
    const told = async (given: string[]) => (await ask(core, asked({ labels: given }))).results[0];
    expect((await told(labels))?.scores?.map(({ label }) => label)).toEqual(labels);
    expect((await told(labels.toReversed()))?.scores?.map(({ label }) => label)).toEqual(labels.toReversed());
    expect((await told(labels.toReversed()))?.cached).toBe("memory");
  });

  test("is another with another template, other labels, labels by themselves, or none", async () => {
    const { core } = await startNli();
    const calls: Partial<ClassifyRequest>[] = [
      {},
      { template: "{} it is" },
      { labels: ["shipping", "a refund", "a card"] },
      { multiLabel: true },
      { labels: undefined, topK: 3 },
      { labels: undefined, textPair: "This example is shipping." },
      // What a key is made of, as a text: nothing but the same question has its answer.
      { labels: undefined, text: `${TEXT}each${TEMPLATE}${LABELS.join("")}` },
    ];
    const scores = [];
    for (const call of calls) {
      const [result] = (await ask(core, asked(call))).results;
      expect(result?.cached).toBe(false);
      scores.push(result?.score);
    }
    expect(new Set(scores).size).toBe(calls.length);
  });

  test("is computed once for two calls at the same time", async () => {
    const { core } = await startNli();
    const [first, second] = await Promise.all([ask(core, asked()), ask(core, asked({ labels: LABELS.toReversed() }))]);
    expect(first.results[0]?.coalesced).toBeUndefined();
    expect(second.results[0]).toEqual({ ...first.results[0], coalesced: true });
  });
});

describe("refusals", () => {
  test.each([
    [["a", "b"], "labels: nli has the labels a, b, where entailment, neutral and contradiction are needed"],
    [
      ["entailment", "b", "c", "d", "e", "f"],
      "labels: nli has the labels entailment, b, c, d, e and 1 more, where entailment, neutral and contradiction are needed",
    ],
  ])("a model with the labels %j says so", async (labels, message) => {
    const core = await startCore(writeNliModel(`${temporaryFolder()}/nli`, labels));
    await expect(ask(core, asked())).rejects.toMatchObject({ code: "ZERO_SHOT_UNSUPPORTED", message });
  });

  test("more labels than there are", async () => {
    const { core } = await startNli();
    const failing = ask(core, asked({ topK: 4 }));
    await expect(failing).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: "topK: at most 3, the number of labels",
    });
  });

  test("a text at fault by its index", async () => {
    const { core } = await startNli();
    const failing = ask(core, { texts: [TEXT, " "], labels: LABELS });
    await expect(failing).rejects.toMatchObject({ code: "INVALID_TEXT", index: 1, message: "text 1 is empty" });
  });
});

test("64 labels of 16 texts are admitted whole where the queue holds 16 texts, and no more", async () => {
  const { core, oracle } = await startNli(NLI_LABELS, { QUEUE_MAX_TEXTS: "16" });
  const labels = Array.from({ length: 64 }, (_, at) => `order ${at}`);
  const texts = Array.from({ length: 16 }, (_, at) => `${TEXT} ${at}`);
  const whole = ask(core, { texts, labels });
  await expect.poll(() => core.models.current.queue.waiting).toBeGreaterThan(0);
  await expect(ask(core, { text: "one more" })).rejects.toMatchObject({ code: "QUEUE_FULL" });
  const reply = await whole;
  expect(reply.results).toHaveLength(16);
  const logits = await Promise.all(labels.map((label) => oracle.logits(texts[7]!, TEMPLATE.replace("{}", label))));
  expectScores(reply, 7, ranked(labels, shares(logits.map((row) => row[2]!))).slice(0, 1));
});
