import { Tensor } from "onnxruntime-node";
import type { InferenceSession } from "onnxruntime-node";
import type { RunTexts } from "../../lib/protocol/worker-channel.ts";
import { InvalidModelError } from "./invalid-model.ts";
import { layOut } from "./layout.ts";
import type { Layout, Padding } from "./layout.ts";

/** What a text has to give, by the name a graph asks for it. Of these only the ids are never done without. */
const SOURCES: Readonly<Record<string, (layout: Layout) => Int32Array>> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ mask }) => mask,
  token_type_ids: ({ types }) => types,
  position_ids: ({ positions }) => positions,
};
const IDS = "input_ids";

/** In which form a graph may want them. The runtime's binding takes nothing in half precision. */
const TENSORS: Readonly<Record<string, (values: Int32Array, dims: readonly number[]) => Tensor>> = {
  int64: (values, dims) => new Tensor("int64", BigInt64Array.from(values, BigInt), dims),
  int32: (values, dims) => new Tensor("int32", values, dims),
  bool: (values, dims) => new Tensor("bool", Uint8Array.from(values), dims),
  float32: (values, dims) => new Tensor("float32", Float32Array.from(values), dims),
};

interface Input {
  readonly name: string;
  readonly source: (layout: Layout) => Int32Array;
  readonly toTensor: (values: Int32Array, dims: readonly number[]) => Tensor;
}

/** What a graph wants to be fed, as the runtime understood it. */
export class Inputs {
  /** It takes one text at a time. */
  readonly oneByOne: boolean;
  /** Tokens of every row, where the graph takes no other number; undefined where it takes any. */
  readonly width: number | undefined;
  readonly #inputs: readonly Input[];

  /** @throws {InvalidModelError} where it wants something that no text has. */
  constructor(metadata: InferenceSession["inputMetadata"]) {
    if (!metadata.some(({ name }) => name === IDS)) throw new InvalidModelError(`the graph has no input ${IDS}`);
    this.#inputs = metadata.map(toInput);
    const shapes = metadata.map((input) => (input.isTensor ? input.shape : []));
    const [batch, width] = [0, 1].map((axis) => shapes.map((shape) => shape[axis]).find(isFixed));
    if (batch !== undefined && batch !== 1)
      throw new InvalidModelError(
        `the graph takes batches of ${batch} texts and no others: export it with dynamic axes`,
      );
    this.oneByOne = batch === 1;
    this.width = width;
  }

  /** @throws {InvalidModelError} where a text is longer than all the graph takes. */
  feeds(texts: RunTexts, padding: Padding): Record<string, Tensor> {
    const longest = Math.max(...texts.lengths);
    if (this.width !== undefined && longest > this.width)
      throw new InvalidModelError(`a text of ${longest} tokens, where the graph takes ${this.width}`);
    const layout = layOut(texts, padding, this.width ?? longest);
    const dims = [layout.rows, layout.width];
    return Object.fromEntries(this.#inputs.map(({ name, source, toTensor }) => [name, toTensor(source(layout), dims)]));
  }
}

function toInput(input: InferenceSession.ValueMetadata): Input {
  const { name } = input;
  const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
  if (!source) throw new InvalidModelError(`the graph wants the input ${name}, which no text has`);
  const type = input.isTensor ? input.type : "no tensor";
  const toTensor = Object.hasOwn(TENSORS, type) ? TENSORS[type] : undefined;
  const isNumber = name === "attention_mask" || type === "int64" || type === "int32";
  if (!toTensor || !isNumber)
    throw new InvalidModelError(`the input ${name} is ${type}, which no token id is given as`);
  return { name, source, toTensor };
}

/** The runtime tells a dimension that may be anything by its name, or by none. */
function isFixed(dimension: number | string | undefined): dimension is number {
  return typeof dimension === "number" && dimension > 0;
}
