import { tensor } from "../../../../src/lib/onnx/tensor.ts";
import { buildClassifier, modelOptions } from "../../classifier.ts";
import { traits } from "../../spec.ts";
import type { ModelSpec } from "../../spec.ts";
import type { BuiltModel, ZooEntry } from "../entry.ts";
import { FAMILIES } from "../tokens.ts";

/** Models of bench:model, whose graphs are laid out operator for operator as PyTorch's exporter does it. */

const SPEC: ModelSpec = {
  type: "bert",
  hidden: 96,
  layers: 2,
  heads: 4,
  intermediate: 192,
  vocab: 12_000,
  positions: 64,
  labels: 4,
  int8: false,
  idleNodes: 0,
  seed: 1,
};
const BIASES = new Set(["classifier.bias", "classifier.out_proj.bias"]);

function exported(name: string, changed: Partial<ModelSpec>, layout: string): ZooEntry {
  const spec = { ...SPEC, ...changed };
  const family = FAMILIES[spec.type === "roberta" ? "roberta" : "bert"];
  const { positionOffset } = traits[spec.type];
  return {
    name,
    layout,
    labels: spec.labels,
    family,
    words: spec.vocab - family.specials.length,
    windowTokens: spec.positions,
    config: { model_type: spec.type, max_position_embeddings: spec.positions + positionOffset },
    output: "logits",
    scoring: "softmax",
    scoredInGraph: false,
    expect: spec.int8 ? { quantised: true } : {},
    build: (bias) => build(spec, bias ?? new Float32Array(spec.labels)),
  };
}

function build(spec: ModelSpec, bias: Float32Array): BuiltModel {
  const graph = buildClassifier(spec);
  const at = graph.initializers.findIndex(({ name }) => BIASES.has(name));
  graph.initializers[at] = { name: graph.initializers[at]!.name, tensor: tensor(bias) };
  return { graph, options: modelOptions };
}

const wide = { hidden: 192, vocab: 24_000 };

export const earlier: readonly ZooEntry[] = [
  exported("exported-bert", {}, "fp32"),
  exported("exported-distilbert", { type: "distilbert" }, "fp32"),
  exported("exported-roberta", { type: "roberta" }, "fp32"),
  exported("exported-bert-branch", { idleNodes: 40 }, "fp32, If"),
  exported("exported-bert-int8", { ...wide, int8: true }, "int8-dynamic"),
  exported("exported-distilbert-int8", { ...wide, type: "distilbert", int8: true }, "int8-dynamic"),
  exported("exported-roberta-int8", { ...wide, type: "roberta", int8: true }, "int8-dynamic"),
];
