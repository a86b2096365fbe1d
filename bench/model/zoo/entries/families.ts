import type { ZooEntry } from "../entry.ts";
import { transformer } from "../transformer.ts";

/** The families of transformers, each in fp32, by what makes it itself. */
export const families: readonly ZooEntry[] = [
  transformer({ name: "bert", tokenTypes: true }),
  transformer({ name: "roberta", family: "roberta", places: "offset" }),
  transformer({ name: "albert", embedding: 32, encoder: { hidden: 96, layers: 4, shared: true } }),
  transformer({ name: "electra", tokenTypes: true, embedding: 32, encoder: { hidden: 64 }, pooler: "gelu" }),
  transformer({ name: "deberta", places: "none", encoder: { relative: "disentangled", packed: false } }),
  transformer({ name: "mpnet", family: "roberta", places: "offset", encoder: { relative: "clamped" } }),
  transformer({
    name: "t5-encoder",
    family: "t5",
    places: "none",
    embeddingNorm: false,
    pooling: "mean",
    encoder: { norms: "before", norm: "rms", relative: "buckets", gated: true, activation: "geluTanh", bias: false },
  }),
  transformer({
    name: "modernbert",
    opset: 17,
    pooling: "mean",
    pooler: "gelu",
    encoder: { layers: 4, norms: "before", rotary: true, packed: true, gated: true, window: 4, bias: false },
  }),
  transformer({
    name: "gpt2",
    family: "gpt2",
    places: "masked",
    embeddingNorm: false,
    pooling: "lastToken",
    pooler: "none",
    encoder: { norms: "before", causal: true, packed: true, activation: "geluTanh" },
  }),
  transformer({
    name: "gpt2-position-ids",
    family: "gpt2",
    places: "input",
    embeddingNorm: false,
    pooling: "lastToken",
    pooler: "none",
    encoder: { norms: "before", causal: true, packed: true, activation: "geluTanh" },
  }),
  transformer({
    name: "llama-left-padding",
    family: "llama",
    places: "input",
    embeddingNorm: false,
    pooling: "lastPlace",
    pooler: "none",
    encoder: { norms: "before", norm: "rms", causal: true, rotary: true, keyHeads: 2, gated: true, activation: "silu" },
  }),
  transformer({
    name: "xlnet-left-padding",
    family: "xlnet",
    places: "none",
    pooling: "lastPlace",
    encoder: { relative: "clamped" },
  }),
  transformer({ name: "mean-pooling", pooling: "mean", pooler: "none" }),
  transformer({ name: "max-pooling", pooling: "max", pooler: "none" }),
  transformer({ name: "last-token-pooling", pooling: "lastToken" }),
];
