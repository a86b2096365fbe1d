import { Graph } from "../../../src/lib/onnx/graph.ts";
import type { Attributes } from "../../../src/lib/onnx/graph.ts";
import { bfloat16Tensor, float16Tensor } from "../../../src/lib/onnx/half.ts";
import { elementTypes, floatTensor, int64Tensor, tensor } from "../../../src/lib/onnx/tensor.ts";
import type { ElementType, Tensor } from "../../../src/lib/onnx/tensor.ts";
import { Weights } from "../weights.ts";

/** What the weights of linear layers are, and what is computed in. */
export const NUMBERS = [
  "fp32",
  "fp16",
  "bf16-weights",
  "int8-dynamic",
  "int8-qdq",
  "int8-qlinear",
  "int8-weight-only",
  "int8-weight-only-columns",
  "int8-weight-only-blocks",
  "int4-weight-only-blocks",
  "int4-nbits",
  "int4-nbits-level4",
  "int8-nbits",
] as const;
export type Numbers = (typeof NUMBERS)[number];

export interface NetOptions {
  readonly seed: number;
  readonly opset: number;
  readonly numbers: Numbers;
  /** Weights stand in Constant nodes rather than among the initialisers. */
  readonly inConstants?: boolean;
  /** Of the classifier. Left out: zeros. */
  readonly classifierBias?: Float32Array | undefined;
}

/** Of the tables that `Weights` makes. */
const TABLE_DEVIATION = 0.02;

export const CLASSIFIER = "classifier";

/** A graph under construction, in operators that the opset has, in the numbers of its layout. */
export class Net {
  readonly graph = new Graph("main_graph");
  readonly options: NetOptions;
  readonly #weights: Weights;
  readonly #made = new Map<string, string>();

  constructor(options: NetOptions) {
    this.options = options;
    this.#weights = new Weights(options.seed);
  }

  get float(): "float16" | "float32" {
    return this.options.numbers === "fp16" ? "float16" : "float32";
  }

  since(opset: number): boolean {
    return this.options.opset >= opset;
  }

  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.graph.node(operator, inputs, attributes);
  }

  /** An operator of onnxruntime's own. @param outputs how many; the first is returned, the others end in their place. */
  contrib(operator: string, inputs: readonly string[], attributes: Attributes = {}, outputs = 1): string {
    const name = `${operator}_of_${inputs[0]}_${this.graph.nodes.length}`;
    const names = Array.from({ length: outputs }, (_, at) => (at === 0 ? name : `${name}_${at}`));
    return this.graph.node(operator, inputs, attributes, { domain: "com.microsoft", outputs: names });
  }

  /** What is the same for all who ask by one key. */
  once(key: string, make: () => string): string {
    const made = this.#made.get(key) ?? make();
    this.#made.set(key, made);
    return made;
  }

  /** One constant for each name. */
  constant(name: string, make: () => Tensor): string {
    return this.once(`constant ${name}`, () =>
      this.options.inConstants
        ? this.graph.node("Constant", [], { value: make() }, { outputs: [name] })
        : this.graph.initializer(name, make()),
    );
  }

  integers(values: readonly number[], dims?: readonly number[]): string {
    const name = `int64_${values.join("_")}${dims ? `_as_${dims.join("x")}` : ""}`;
    return this.constant(name, () => int64Tensor(values, dims));
  }

  scalar(value: number, type: "float16" | "float32" = this.float): string {
    return this.constant(`${type}_${value}`, () =>
      type === "float16" ? float16Tensor(Float32Array.of(value), []) : floatTensor([value], []),
    );
  }

  bytes(name: string, values: Uint8Array | Int8Array, dims: readonly number[]): string {
    return this.constant(name, () => tensor(values, dims));
  }

  cast(input: string, to: ElementType): string {
    return this.node("Cast", [input], { to: elementTypes[to] });
  }

  /** Random numbers of the name's own. */
  random(name: string, dims: readonly number[], deviation: number): Float32Array {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return floatsOf(this.#weights.matrix(name, [1, count], 1 / deviation ** 2));
  }

  /** A weight that is no matrix of a linear layer. */
  weight(name: string, dims: readonly number[], deviation: number): string {
    return this.floats(name, () => this.random(name, dims, deviation), dims);
  }

  /** A table in 8 bits, and what one step of it is worth. */
  int8Table(name: string, dims: readonly [number, number], deviation: number): [values: string, scale: string] {
    const { values, scale } = this.#weights.int8Table(name, dims);
    const step = () => floatTensor([(floatsOf(scale)[0]! * deviation) / TABLE_DEVIATION], []);
    return [this.constant(`${name}_quantized`, () => values), this.constant(`${name}_scale`, step)];
  }

  scales(name: string, size: number): string {
    return this.floats(name, () => floatsOf(this.#weights.nearOne(name, size)), [size]);
  }

  bias(name: string, size: number): string {
    if (name === `${CLASSIFIER}.bias`)
      return this.floats(name, () => this.options.classifierBias ?? new Float32Array(size), [size]);
    return this.weight(name, [size], 0.05);
  }

  floats(name: string, make: () => Float32Array, dims: readonly number[]): string {
    const { numbers } = this.options;
    if (numbers === "fp16") return this.constant(name, () => float16Tensor(make(), dims));
    if (numbers !== "bf16-weights") return this.constant(name, () => tensor(make(), dims));
    return this.cast(
      this.constant(name, () => bfloat16Tensor(make(), dims)),
      "float32",
    );
  }
}

function floatsOf({ bytes }: Tensor): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
