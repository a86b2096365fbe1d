import { expect, test } from "vitest";
import { Graph } from "../../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../../src/lib/onnx/model.ts";
import { floatTensor, int64Tensor } from "../../../src/lib/onnx/tensor.ts";
import { keepFirstQuery } from "../../../src/daemon/workers/graph/first-query.ts";
import { OnnxGraph } from "../../../src/daemon/workers/graph/onnx-graph.ts";

interface Odd {
  readonly perm?: readonly number[];
  readonly sizes?: readonly number[];
  readonly alsoRead?: string;
  readonly softmax?: string;
}

/** The last attention with two heads of four, as `keepFirstToken` leaves it. */
function graphWith({ perm = [0, 2, 1, 3], sizes = [2, 4], alsoRead, softmax = "Softmax" }: Odd = {}): OnnxGraph {
  const graph = new Graph("g");
  const to = (name: string) => ({ outputs: [name] });
  graph.input("attention_mask", "float32", ["batch", 1, 1, "tokens"]);
  const weights = graph.initializer("weights", floatTensor([1], [1, 1]));
  const index = graph.initializer("index", int64Tensor([0], []));
  const heads = sizes.map((size, at) => graph.initializer(`size_${at}`, int64Tensor([size])));
  graph.node("Embedding", [], {}, to("hidden"));
  graph.node("DynamicQuantizeLinear", ["hidden"], {}, { outputs: ["q", "scale", "zero"] });
  for (const part of ["query", "key", "value"])
    graph.node("MatMulIntegerToFloat", ["q", weights, "scale", weights, "zero"], {}, to(part));
  graph.node("Concat", ["rows", "columns", ...heads], { axis: 0 }, to("shape"));
  for (const part of ["query", "key", "value"]) {
    graph.node("Reshape", [part, "shape"], {}, to(`${part}_split`));
    graph.node("Transpose", [`${part}_split`], { perm: part === "query" ? perm : [0, 2, 1, 3] }, to(`${part}_heads`));
  }
  graph.node("MatMul", ["query_heads", "key_heads"], {}, to("scores"));
  graph.node("Add", ["scores", "attention_mask"], {}, to("masked"));
  graph.node(softmax, ["masked"], {}, to("shares"));
  graph.node("MatMul", ["shares", "value_heads"], {}, to("mixed"));
  graph.node("Transpose", ["mixed"], { perm: [0, 2, 1, 3] }, to("turned"));
  graph.node("Reshape", ["turned", "joined_shape"], {}, to("context"));
  graph.node("Gather", ["context", index], { axis: 1 }, to("context/first_token"));
  if (alsoRead) graph.node("ReduceMean", [alsoRead], {}, to("other"));
  graph.node("Head", ["context/first_token"], {}, to("logits"));
  graph.output("logits", "float32", ["batch", 1]);
  return new OnnxGraph(encodeModel(graph));
}

const wiring = ({ nodes }: OnnxGraph): string[] =>
  nodes.map(({ operator, inputs, outputs }) => `${operator}(${inputs.join(", ")}) = ${outputs.join(", ")}`);

test("the query alone is made of the first token, keys and values of all", () => {
  const graph = graphWith();
  const before = wiring(graph);
  expect(keepFirstQuery(graph)).toBe(true);
  const after = wiring(new OnnxGraph(graph.toBytes()));
  expect(after.filter((node) => !before.includes(node))).toEqual([
    "MatMulIntegerToFloat(q/first_token, weights, scale/first_token, weights, zero/first_token) = query",
    "Reshape(query, first_query/split) = query_split",
    "Reshape(turned, first_query/joined) = context/first_token",
    "Gather(hidden, index) = hidden/first_token",
    "DynamicQuantizeLinear(hidden/first_token) = q/first_token, scale/first_token, zero/first_token",
  ]);
  expect(before.filter((node) => !after.includes(node))).toEqual([
    "MatMulIntegerToFloat(q, weights, scale, weights, zero) = query",
    "Reshape(query, shape) = query_split",
    "Reshape(turned, joined_shape) = context",
    "Gather(context, index) = context/first_token",
  ]);
  const { constants } = new OnnxGraph(graph.toBytes());
  expect(constants.get("first_query/split")).toEqual({ dims: [4], integers: [-1, 1, 2, 4] });
  expect(constants.get("first_query/joined")).toEqual({ dims: [2], integers: [-1, 8] });
});

test.each([
  ["heads are laid out in another way", { perm: [0, 2, 3, 1] }],
  ["the number of heads is told at run time", { sizes: [] }],
  ["something between the scores and their use may mix rows", { softmax: "Hardmax" }],
  ["the queries are read elsewhere", { alsoRead: "query_heads" }],
  ["the scores are read elsewhere", { alsoRead: "scores" }],
  ["the shares are read elsewhere", { alsoRead: "shares" }],
  ["the context is read as a whole as well", { alsoRead: "context" }],
] satisfies [string, Odd][])("%s: the graph stays as it is", (_, odd) => {
  const graph = graphWith(odd);
  expect(keepFirstQuery(graph)).toBe(false);
  expect(wiring(graph)).toEqual(wiring(graphWith(odd)));
});
