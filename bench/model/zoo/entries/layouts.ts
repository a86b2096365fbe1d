import type { ZooEntry } from "../entry.ts";
import { NUMBERS } from "../net.ts";
import type { Numbers } from "../net.ts";
import { transformer } from "../transformer.ts";
import type { TransformerSpec } from "../transformer.ts";

/** What weights and activations can be stored and computed as. */

const OPSETS: Partial<Readonly<Record<Numbers, number>>> = {
  fp16: 17,
  "int8-weight-only-blocks": 21,
  "int4-weight-only-blocks": 21,
};

function isQuantised(numbers: Numbers): boolean {
  return numbers.startsWith("int");
}

function inNumbers(numbers: Numbers, spec: TransformerSpec): ZooEntry {
  const expect = {
    ...(isQuantised(numbers) ? { quantised: true } : {}),
    ...(numbers === "fp16" ? { half: true } : {}),
  };
  const opset = OPSETS[numbers] ?? 14;
  return transformer({ opset, numbers, ...spec, expect: { ...expect, ...spec.expect } });
}

/** One BERT in each kind of numbers but the plain one, wide enough that blocks of 32 are several. */
const berts = NUMBERS.filter((numbers) => numbers !== "fp32").map((numbers) =>
  inNumbers(numbers, { name: `bert-${numbers}`, encoder: { hidden: 128, layers: 2 }, labels: 5 }),
);

export const layouts: readonly ZooEntry[] = [
  ...berts,
  inNumbers("fp16", { name: "bert-fp16-fp32-logits", layout: "fp16, fp32 logits", logitsType: "float32" }),
  inNumbers("fp16", {
    name: "modernbert-fp16",
    pooling: "mean",
    encoder: { layers: 3, norms: "before", rotary: true, packed: true, gated: true, window: 4, bias: false },
  }),
  inNumbers("int8-dynamic", { name: "roberta-int8-dynamic", family: "roberta", places: "offset" }),
  inNumbers("int8-dynamic", {
    name: "gpt2-int8-dynamic",
    family: "gpt2",
    places: "masked",
    embeddingNorm: false,
    pooling: "lastToken",
    pooler: "none",
    encoder: { norms: "before", causal: true, packed: true, activation: "geluTanh" },
  }),
  inNumbers("int8-dynamic", { name: "mean-pooling-int8-dynamic", pooling: "mean", pooler: "none" }),
  inNumbers("int8-dynamic", {
    name: "albert-int8-dynamic",
    embedding: 32,
    encoder: { hidden: 96, layers: 4, shared: true },
  }),
  inNumbers("int8-qdq", {
    name: "mpnet-int8-qdq",
    family: "roberta",
    places: "offset",
    encoder: { relative: "clamped" },
  }),
  inNumbers("int8-weight-only", {
    name: "distilbert-size-int8-weight-only",
    pooler: "relu",
    words: 2000,
    encoder: { hidden: 312, layers: 2, heads: 12 },
  }),
  inNumbers("int4-nbits-level4", {
    name: "modernbert-int4-nbits-level4",
    pooling: "mean",
    encoder: { layers: 3, norms: "before", rotary: true, packed: true, gated: true, window: 4, bias: false },
  }),
];
