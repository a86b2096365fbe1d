import { Graph } from "../../src/lib/onnx/graph.ts";
import { int64Tensor } from "../../src/lib/onnx/tensor.ts";
import { addEncoder } from "./encoder.ts";
import { Parts } from "./parts.ts";
import { traits } from "./spec.ts";
import type { ModelSpec } from "./spec.ts";
import { Weights } from "./weights.ts";

/** Opset and format version the exporter writes for these models. */
export const modelOptions = { opset: 14, irVersion: 7 } as const;

/** Inputs input_ids, attention_mask and, for BERT, token_type_ids, all int64 [batch, sequence]; output logits [batch, labels]. */
export function buildClassifier(spec: ModelSpec): Graph {
  const graph = new Graph("main_graph");
  const dims = ["batch_size", "sequence_length"];
  graph.input("input_ids", "int64", dims);
  graph.input("attention_mask", "int64", dims);
  if (traits[spec.type].tokenTypes) graph.input("token_type_ids", "int64", dims);

  const parts = new Parts(graph, new Weights(spec.seed), spec.int8);
  const encoded = addEncoder(parts, spec, addEmbeddings(parts, spec));
  if (spec.idleNodes) addIdleBranch(parts, spec.labels, spec.idleNodes, addHead(parts, spec, encoded, "head"));
  else addHead(parts, spec, encoded, "logits");
  graph.output("logits", "float32", ["batch_size", spec.labels]);
  return graph;
}

function addEmbeddings(parts: Parts, spec: ModelSpec): string {
  const { graph } = parts;
  const { hidden, vocab, positions } = spec;
  const { tokenTypes, positionOffset, epsilon } = traits[spec.type];
  const positionIds = spec.type === "roberta" ? addCountedPositions(parts, spec) : addPositions(parts, spec);
  let sum = parts.lookup("embeddings.word_embeddings", [vocab, hidden], "input_ids");
  if (tokenTypes)
    sum = graph.node("Add", [sum, parts.lookup("embeddings.token_type_embeddings", [2, hidden], "token_type_ids")]);
  sum = graph.node("Add", [
    sum,
    parts.lookup("embeddings.position_embeddings", [positions + positionOffset, hidden], positionIds),
  ]);
  return parts.layerNorm(sum, "embeddings.LayerNorm", hidden, epsilon);
}

/** 0, 1, 2 …: the head of a constant, as long as the texts. */
function addPositions(parts: Parts, { positions }: ModelSpec): string {
  const { graph } = parts;
  const all = graph.initializer(
    "embeddings.position_ids",
    int64Tensor(
      Array.from({ length: positions }, (_, at) => at),
      [1, positions],
    ),
  );
  const end = graph.node("Unsqueeze", [parts.dimension("input_ids", 1), parts.integers([0])]);
  return graph.node("Slice", [all, parts.integers([0]), end, parts.integers([1]), parts.integers([1])]);
}

/** RoBERTa: the running count of tokens that are no padding, from the pad id on; padding stays at the pad id. */
function addCountedPositions(parts: Parts, spec: ModelSpec): string {
  const { graph } = parts;
  const pad = parts.integers([traits[spec.type].padId], []);
  const isToken = parts.cast(graph.node("Not", [graph.node("Equal", ["input_ids", pad])]), "int32");
  const counted = graph.node("Mul", [graph.node("CumSum", [isToken, parts.integers([1], [])]), isToken]);
  return graph.node("Add", [parts.cast(counted, "int64"), pad]);
}

/** On the first token's vector; dropout is nothing at inference. */
function addHead(parts: Parts, spec: ModelSpec, encoded: string, output: string): string {
  const { graph } = parts;
  const { hidden, labels } = spec;
  const first = graph.node("Gather", [encoded, parts.integers([0], [])], { axis: 1 });
  const [denseName, activation, outputName] = {
    bert: ["pooler.dense", "Tanh", "classifier"],
    distilbert: ["pre_classifier", "Relu", "classifier"],
    roberta: ["classifier.dense", "Tanh", "classifier.out_proj"],
  }[spec.type] as [string, string, string];
  const dense = graph.node(activation, [parts.flatLinear(first, denseName, [hidden, hidden])]);
  return parts.flatLinear(dense, outputName, [hidden, labels], output);
}

/** Logits as the head has them, unless some id is below zero, which none is. */
function addIdleBranch(parts: Parts, labels: number, nodes: number, head: string): void {
  const { graph } = parts;
  const dims = ["batch_size", labels];
  const least = graph.node("ReduceMin", ["input_ids"], { keepdims: 0 });
  const isNegative = graph.node("Less", [least, parts.integers([0], [])]);
  const taken = new Graph("as_it_is");
  taken.output(taken.node("Identity", [head], {}, { outputs: ["taken"] }), "float32", dims);
  const idle = new Graph("idle");
  const one = parts.scalar(1);
  let last = head;
  for (let at = 0; at < nodes; at++) last = idle.node("Add", [last, one], {}, { outputs: [`idle_${at}`] });
  idle.output(last, "float32", dims);
  graph.node("If", [isNegative], { then_branch: idle, else_branch: taken }, { outputs: ["logits"] });
}
