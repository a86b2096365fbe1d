import { expect, test } from "vitest";
import type { ModelCheckReport } from "../../../src/lib/protocol/model.ts";
import { renderModelCheck } from "../../../src/lib/render/model-check.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { MIB } from "../../../src/lib/units.ts";

const MEMORY = { rssBytes: 120 * MIB, pssBytes: 74 * MIB, privateBytes: 62 * MIB, mappedBytes: 58 * MIB };

const REPORT: ModelCheckReport = {
  name: "mood",
  dir: "/srv/models/mood",
  digest: "3f9a01c2b7de".padEnd(64, "0"),
  remarks: [],
  files: ["onnx/model.onnx", "onnx/model.onnx_data"],
  bytes: 268 * MIB,
  graph: {
    irVersion: 7,
    opsets: { "ai.onnx": 14, "com.microsoft": 1 },
    producer: "pytorch 2.4.0",
    inputs: ["input_ids", "attention_mask"],
  },
  labels: Array.from({ length: 12 }, (_, at) => `feeling_${at}`),
  activation: "softmax",
  multiLabel: false,
  windowTokens: 512,
  padId: 1,
  tokenizer: { kind: "BPE", tokens: 50_265 },
  serving: { serves: "prepared", reason: null, batching: "padded", texts: 43, labelShifts: 1, batchShift: 0.0234 },
  worker: { startMs: 634, loadMs: 402, memory: MEMORY },
  filled: { tokens: 512, computeMs: 810, probeShift: 0.000_012_3, memory: { ...MEMORY, pssBytes: 190 * MIB } },
  answers: [
    {
      text: "Where is my order?",
      label: "feeling_3",
      score: 0.91,
      scores: [
        { label: "feeling_3", score: 0.91 },
        { label: "feeling_1", score: 0.0821 },
      ],
      tokens: 8,
      truncated: false,
      computeMs: 11.4,
    },
  ],
};

test("a model that can be served, in 80 columns", () => {
  const text = renderModelCheck(REPORT, PLAIN);
  expect(text).toMatchSnapshot();
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("labels with probabilities of their own, a text that was cut, no figures from /proc", () => {
  const [answer] = REPORT.answers;
  const text = renderModelCheck(
    {
      ...REPORT,
      activation: "sigmoid",
      multiLabel: true,
      graph: { ...REPORT.graph, producer: "" },
      worker: { ...REPORT.worker, memory: null },
      filled: { ...REPORT.filled, memory: null },
      answers: [{ ...answer!, truncated: true }],
    },
    PLAIN,
  );
  expect(text).toMatchSnapshot();
});

test("what a folder's owner wrote says nothing to the terminal", () => {
  const hostile = "A\u001b[31mred\u001b]0;pwn\u0007";
  const text = renderModelCheck({ ...REPORT, name: hostile, dir: `/m/${hostile}`, labels: [hostile, "naïve"] }, PLAIN);
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(text).toContain("A?[31mred?]0;pwn?, naïve");
});

test("the scores of a regression are not called probabilities", () => {
  expect(renderModelCheck({ ...REPORT, activation: "none" }, PLAIN)).toContain("scores as the graph gives them");
});
