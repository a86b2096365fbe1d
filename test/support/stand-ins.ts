import { Graph } from "../../src/lib/onnx/graph.ts";
import { encodeModel } from "../../src/lib/onnx/model.ts";
import { floatTensor, int64Tensor, tensor } from "../../src/lib/onnx/tensor.ts";

/** Takes ids and a mask, and gives what `logits` makes of the sums of ids, a row of `labels` each. */
function standIn(labels: number, logits: (graph: Graph, sums: string) => string): Uint8Array {
  const graph = new Graph("stand-in");
  const dims = ["batch", "sequence"];
  const [ids, mask] = ["input_ids", "attention_mask"].map((name) => graph.input(name, "int64", dims));
  const own = graph.node("Mul", [ids!, mask!]);
  const sums = graph.node("ReduceSum", [own, graph.initializer("axis", int64Tensor([1]))], { keepdims: 1 });
  const row = graph.initializer("row", floatTensor(Array.from({ length: labels }, (_, label) => label + 1)));
  const wide = graph.node("Mul", [graph.node("Cast", [sums], { to: 1 }), row]);
  graph.node("Identity", [logits(graph, wide)], {}, { outputs: ["logits"] });
  graph.output("logits", "float32", ["batch", labels]);
  return encodeModel(graph);
}

/** −2^63 / −1, which the CPU answers with SIGFPE. */
export function crashingModel(labels: number): Uint8Array {
  return standIn(labels, (graph, sums) => {
    const lowest = graph.initializer("lowest", int64Tensor([-(2 ** 63)]));
    const minusOne = graph.initializer("minus_one", int64Tensor([-1]));
    const zeros = graph.node("Cast", [graph.node("Sub", [sums, sums])], { to: 7 });
    const quotient = graph.node("Div", [graph.node("Add", [zeros, lowest]), graph.node("Add", [zeros, minusOne])]);
    return graph.node("Cast", [quotient], { to: 1 });
  });
}

/** The logarithms of numbers below 0. */
export function modelOfNoNumbers(labels: number): Uint8Array {
  return standIn(labels, (graph, sums) => graph.node("Log", [graph.node("Neg", [sums])]));
}

/** A loop whose condition stays true. */
export function endlessModel(labels: number): Uint8Array {
  return standIn(labels, (graph, sums) => {
    const body = new Graph("body");
    body.input("round", "int64", []);
    body.input("go_on", "bool", []);
    body.input("value", "float32", ["batch", labels]);
    body.output(body.node("Identity", ["go_on"], {}, { outputs: ["still"] }), "bool", []);
    body.output(body.node("Identity", ["value"], {}, { outputs: ["same"] }), "float32", ["batch", labels]);
    const yes = graph.initializer("yes", { ...tensor(Uint8Array.of(1), []), type: "bool" });
    return graph.node("Loop", ["", yes, sums], { body });
  });
}
