import type { ZooEntry } from "../entry.ts";
import { transformer } from "../transformer.ts";

/** What differs about a graph's edges: sizes, inputs, outputs, where weights stand, the opset. */

const sizes: readonly ZooEntry[] = [
  transformer({ name: "hidden-312", words: 4000, encoder: { hidden: 312, layers: 4, heads: 12, intermediate: 600 } }),
  transformer({ name: "hidden-300", words: 4000, encoder: { hidden: 300, heads: 6, intermediate: 1200 } }),
  transformer({ name: "hidden-32", encoder: { hidden: 32, layers: 1, heads: 2 } }),
  transformer({ name: "below-preparation", words: 1000, expect: { small: true } }),
  transformer({ name: "labels-1", labels: 1, scoring: "sigmoid", config: { problem_type: null } }),
  transformer({ name: "labels-1-regression", labels: 1, scoring: "raw", config: { problem_type: "regression" } }),
  transformer({ name: "labels-2", labels: 2 }),
  transformer({
    name: "labels-300",
    labels: 300,
    words: 2000,
    encoder: { hidden: 768, layers: 1, heads: 12, intermediate: 64 },
  }),
  transformer({ name: "labels-5000", labels: 5000 }),
];

const edges: readonly ZooEntry[] = [
  transformer({ name: "external-data", layout: "fp32, external data", externalData: true }),
  transformer({ name: "constant-nodes", layout: "fp32, weights in Constant nodes", inConstants: true }),
  transformer({ name: "int32-ids", layout: "fp32, int32 ids", tokenTypes: true, idsType: "int32" }),
  transformer({ name: "other-output-name", layout: "fp32, output_0", output: "output_0" }),
  transformer({ name: "two-outputs", layout: "fp32, states beside logits", statesToo: true }),
  transformer({ name: "softmax-inside", layout: "fp32, softmax inside", ending: "softmax" }),
  transformer({
    name: "softmax-inside-probabilities",
    layout: "fp32, softmax inside, output probabilities",
    ending: "softmax",
    output: "probabilities",
  }),
  transformer({ name: "sigmoid-inside", layout: "fp32, sigmoid inside", ending: "sigmoid" }),
  transformer({ name: "multi-label", layout: "fp32", scoring: "sigmoid" }),
  transformer({ name: "fixed-batch", layout: "fp32, one text a call", expect: { fixedBatch: true } }),
  transformer({ name: "fixed-length", layout: "fp32, 32 tokens a text", expect: { fixedLength: 32 } }),
  transformer({
    name: "fixed-batch-and-length",
    layout: "fp32, [1, 32]",
    expect: { fixedBatch: true, fixedLength: 32 },
  }),
];

/** Right alone, another answer beside a longer text. */
const padding: readonly ZooEntry[] = [
  transformer({ name: "mask-ignored", encoder: { maskIgnored: true }, expect: { dependsOnPadding: true } }),
  transformer({ name: "last-place-pooling", pooling: "lastPlace", expect: { dependsOnPadding: true } }),
  transformer({
    name: "gpt2-last-place",
    family: "gpt2",
    embeddingNorm: false,
    pooling: "lastPlace",
    pooler: "none",
    encoder: { norms: "before", causal: true, packed: true, activation: "geluTanh" },
    expect: { dependsOnPadding: true },
  }),
];

const opsets: readonly ZooEntry[] = [9, 11, 12, 13, 16, 18, 20, 21, 22, 23, 24, 25].map((opset) =>
  transformer({ name: `opset-${opset}`, layout: `fp32, opset ${opset}`, opset, tokenTypes: opset % 2 === 0 }),
);

export const shapes: readonly ZooEntry[] = [...sizes, ...edges, ...padding, ...opsets];
