import type { Graph } from "../../src/lib/onnx/graph.ts";
import { elementTypes, floatTensor, int64Tensor } from "../../src/lib/onnx/tensor.ts";
import type { Tensor } from "../../src/lib/onnx/tensor.ts";
import type { Int8Weight, Weights } from "./weights.ts";

interface Quantised {
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/**
 * The pieces a model is made of, each in the operators PyTorch's exporter emits for it at opset 14: onnxruntime's
 * optimiser looks for just these, down to the order of an addition's inputs. With `int8`, every constant matrix and
 * table is laid out as `quantize_dynamic` does (onnxruntime/python/tools/quantization/operators).
 */
export class Parts {
  readonly graph: Graph;
  readonly #weights: Weights;
  readonly #int8: boolean;
  readonly #constants = new Set<string>();
  readonly #quantised = new Map<string, Quantised>();

  constructor(graph: Graph, weights: Weights, int8: boolean) {
    this.graph = graph;
    this.#weights = weights;
    this.#int8 = int8;
  }

  scalar(value: number): string {
    return this.#constant(`scalar_${value}`, floatTensor([value], []));
  }

  /** An int64 constant; `[]` of one value is a scalar, which is what Gather wants to drop an axis. */
  integers(values: readonly number[], dims?: readonly number[]): string {
    return this.#constant(`int64_${values.join("_")}${dims?.length === 0 ? "_scalar" : ""}`, int64Tensor(values, dims));
  }

  /** Shape → Gather: the exporter's way to a size that is known only at run time. */
  dimension(of: string, axis: number): string {
    return this.graph.node("Gather", [this.graph.node("Shape", [of]), this.integers([axis], [])], { axis: 0 });
  }

  /** A string among the dimensions is a scalar made by `dimension`. */
  reshape(input: string, dims: readonly (number | string)[]): string {
    const axis = this.integers([0]);
    const parts = dims.map((dim) =>
      typeof dim === "number" ? this.integers([dim]) : this.graph.node("Unsqueeze", [dim, axis]),
    );
    return this.graph.node("Reshape", [input, this.graph.node("Concat", parts, { axis: 0 })]);
  }

  cast(input: string, to: keyof typeof elementTypes): string {
    return this.graph.node("Cast", [input], { to: elementTypes[to] });
  }

  /** Rows of a table of weights. */
  lookup(name: string, [rows, columns]: readonly [number, number], ids: string): string {
    if (!this.#int8) {
      return this.graph.node("Gather", [
        this.graph.initializer(name, this.#weights.normal(name, [rows, columns])),
        ids,
      ]);
    }
    const table = this.#int8Initializers(name, this.#weights.int8Table(name, [rows, columns]));
    const picked = this.graph.node("Gather", [table.values, ids]);
    return this.graph.node("DequantizeLinear", [picked, table.scale, table.zeroPoint]);
  }

  /** A linear layer on [batch, sequence, inputs]. */
  linear(input: string, name: string, [inputs, outputs]: readonly [number, number]): string {
    const weight = `${name}.weight`;
    const bias = this.#bias(name, outputs);
    const product = this.#int8
      ? this.#int8MatMul(input, this.#int8Initializers(weight, this.#weights.int8Matrix(weight, [inputs, outputs])))
      : this.graph.node("MatMul", [
          input,
          this.graph.initializer(weight, this.#weights.matrix(weight, [inputs, outputs], inputs)),
        ]);
    return this.graph.node("Add", [bias, product]);
  }

  /** A linear layer on [batch, inputs]: a Gemm, which `quantize_dynamic` turns into a MatMul first. */
  flatLinear(input: string, name: string, [inputs, outputs]: readonly [number, number], output?: string): string {
    const weight = `${name}.weight`;
    const bias = this.#bias(name, outputs);
    const named = output === undefined ? {} : { outputs: [output] };
    if (this.#int8) {
      const transposed = this.#int8Initializers(weight, this.#weights.int8MatrixTransposed(weight, [inputs, outputs]));
      return this.graph.node("Add", [this.#int8MatMul(input, transposed), bias], {}, named);
    }
    const matrix = this.graph.initializer(weight, this.#weights.matrix(weight, [outputs, inputs], inputs));
    return this.graph.node(
      "Gemm",
      [input, matrix, bias],
      { alpha: { float: 1 }, beta: { float: 1 }, transB: 1 },
      named,
    );
  }

  /** Decomposed, as it is below opset 17. */
  layerNorm(input: string, name: string, size: number, epsilon: number): string {
    const { graph } = this;
    const mean = graph.node("ReduceMean", [input], { axes: [-1] });
    const centred = graph.node("Sub", [input, mean]);
    const variance = graph.node("ReduceMean", [graph.node("Pow", [centred, this.scalar(2)])], { axes: [-1] });
    const spread = graph.node("Sqrt", [graph.node("Add", [variance, this.scalar(epsilon)])]);
    const weight = graph.initializer(`${name}.weight`, this.#weights.nearOne(`${name}.weight`, size));
    const scaled = graph.node("Mul", [graph.node("Div", [centred, spread]), weight]);
    return graph.node("Add", [scaled, this.#bias(name, size)]);
  }

  /** x · ½ · (1 + erf(x / √2)) */
  gelu(input: string): string {
    const { graph } = this;
    const erf = graph.node("Erf", [graph.node("Div", [input, this.scalar(Math.SQRT2)])]);
    const product = graph.node("Mul", [input, graph.node("Add", [erf, this.scalar(1)])]);
    return graph.node("Mul", [product, this.scalar(0.5)]);
  }

  #bias(name: string, size: number): string {
    return this.graph.initializer(`${name}.bias`, this.#weights.normal(`${name}.bias`, [size]));
  }

  #int8MatMul(input: string, weight: Quantised): string {
    const { graph } = this;
    const activation = this.#dynamicallyQuantised(input);
    const product = graph.node("MatMulInteger", [
      activation.values,
      weight.values,
      activation.zeroPoint,
      weight.zeroPoint,
    ]);
    const scale = graph.node("Mul", [activation.scale, weight.scale]);
    return graph.node("Mul", [this.cast(product, "float32"), scale]);
  }

  /** Once for each value: query, key and value read the same. */
  #dynamicallyQuantised(input: string): Quantised {
    const known = this.#quantised.get(input);
    if (known) return known;
    const made = { values: `${input}_quantized`, scale: `${input}_scale`, zeroPoint: `${input}_zero_point` };
    this.graph.node("DynamicQuantizeLinear", [input], {}, { outputs: [made.values, made.scale, made.zeroPoint] });
    this.#quantised.set(input, made);
    return made;
  }

  #int8Initializers(name: string, weight: Int8Weight): Quantised {
    return {
      values: this.graph.initializer(`${name}_quantized`, weight.values),
      scale: this.graph.initializer(`${name}_scale`, weight.scale),
      zeroPoint: this.graph.initializer(`${name}_zero_point`, weight.zeroPoint),
    };
  }

  #constant(name: string, value: Tensor): string {
    if (this.#constants.has(name)) return name;
    this.#constants.add(name);
    return this.graph.initializer(name, value);
  }
}
