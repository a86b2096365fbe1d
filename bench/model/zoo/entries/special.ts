import { Graph } from "../../../../src/lib/onnx/graph.ts";
import { tensor } from "../../../../src/lib/onnx/tensor.ts";
import { classic } from "../classic.ts";
import type { TextInputs } from "../classic.ts";
import type { BuiltModel, ZooEntry } from "../entry.ts";
import { fused } from "../fused.ts";
import { pool } from "../pooling.ts";
import { reduce } from "../shapes.ts";
import { transformer } from "../transformer.ts";

const WIDTH = 64;

/** Weights inside the branches of an If, whose condition every text meets. */
function branches({ net, mask, embedded }: TextInputs): { pooled: string; size: number } {
  const pooled = pool(net, embedded, mask, "mean");
  const longest = net.node("ReduceMax", [reduce(net, "ReduceSum", mask, 1)], { axes: [0], keepdims: 0 });
  const branch = (name: string): Graph => {
    const graph = new Graph(name);
    const weight = tensor(net.random(`${name}.weight`, [WIDTH, WIDTH], 1 / Math.sqrt(WIDTH)), [WIDTH, WIDTH]);
    const product = graph.node(
      "MatMul",
      [pooled, graph.initializer(`${name}_weight`, weight)],
      {},
      { outputs: [`${name}_out`] },
    );
    graph.output(product, "float32", ["batch_size", WIDTH]);
    return graph;
  };
  const isLong = net.node("Greater", [longest, net.integers([0], [])]);
  return {
    pooled: net.node("If", [isLong], { then_branch: branch("long"), else_branch: branch("none") }),
    size: WIDTH,
  };
}

/** As exporters wrote before version 4 of the format: every weight is among the inputs as well. */
function weightsAmongInputs(entry: ZooEntry): ZooEntry {
  return {
    ...entry,
    build(bias): BuiltModel {
      const { graph, options } = entry.build(bias);
      for (const { name, tensor } of graph.initializers)
        graph.inputs.push({ name, type: tensor.type, dims: tensor.dims });
      return { graph, options: { ...options, irVersion: 3 } };
    },
  };
}

export const special: readonly ZooEntry[] = [
  fused({ name: "fused-attention", layout: "fused, fp32" }),
  fused({
    name: "fused-embeddings",
    layout: "fused, fp32, EmbedLayerNormalization",
    fusedEmbeddings: true,
    fastGelu: true,
  }),
  fused({ name: "fused-multi-head", layout: "fused, fp32, MultiHeadAttention", attention: "separate" }),
  fused({ name: "fused-int8", layout: "fused, int8-dynamic", numbers: "int8-dynamic", expect: { quantised: true } }),
  fused({
    name: "fused-fp16",
    layout: "fused, fp16, fp32 logits",
    numbers: "fp16",
    fastGelu: true,
    logitsType: "float32",
    expect: { half: true },
  }),
  classic({ name: "if-with-weights", layout: "fp32, If", read: branches }),
  weightsAmongInputs(transformer({ name: "weights-among-inputs", layout: "fp32, IR 3", opset: 9 })),
];
