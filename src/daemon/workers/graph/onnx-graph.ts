import { decode, encode, integerField, integersOf, messageField, textField, textOf } from "./wire.ts";
import type { WireField } from "./wire.ts";

/** A node, as far as rewriting goes. Names of values are what connects nodes. */
export interface GraphNode {
  readonly operator: string;
  inputs: string[];
  outputs: string[];
  /** All else of the NodeProto but its name, which nothing needs and which a copy would bear twice. */
  readonly rest: readonly WireField[];
}

/** A constant: its shape, and its numbers where they are a few integers that lie in the graph's own file. */
export interface Constant {
  readonly dims: readonly number[];
  readonly integers: readonly number[];
}

const INT64 = 7;
/** AttributeProto.type of a graph within the graph. */
const GRAPH_TYPES = [5, 10];

/**
 * The graph of an ONNX model whose weights lie elsewhere, for taking nodes out and putting others in.
 *
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export class OnnxGraph {
  nodes: GraphNode[];
  readonly constants = new Map<string, Constant>();
  readonly outputs: readonly string[];
  readonly #model: readonly WireField[];
  readonly #rest: WireField[];

  /** @param model the bytes of the file. @throws {RangeError} where they are no model. */
  constructor(model: Uint8Array) {
    this.#model = decode(model);
    const graph = this.#model.find(({ number }) => number === 7);
    if (!graph) throw new RangeError("the model holds no graph");
    const fields = decode(graph.bytes);
    this.nodes = fields.filter(({ number }) => number === 1).map(({ bytes }) => readNode(bytes));
    for (const { bytes } of fields.filter(({ number }) => number === 5)) this.#addConstant(decode(bytes));
    this.outputs = fields.filter(({ number }) => number === 12).map(({ bytes }) => nameOf(decode(bytes), 1));
    // 13 is value_info: shapes that the optimiser worked out, and that may be others now.
    this.#rest = fields.filter(({ number }) => number !== 1 && number !== 13);
  }

  /** A node holds a graph of its own, which may read any value. */
  get isNested(): boolean {
    return this.nodes.some(({ rest }) =>
      rest.some(({ number, bytes }) => number === 5 && GRAPH_TYPES.includes(integerOf(decode(bytes), 20) ?? 0)),
    );
  }

  producerOf(value: string): GraphNode | undefined {
    return this.nodes.find(({ outputs }) => outputs.includes(value));
  }

  consumersOf(value: string): GraphNode[] {
    return this.nodes.filter(({ inputs }) => inputs.includes(value));
  }

  /** Adds a constant vector. @returns its name. */
  addIntegers(name: string, values: readonly number[]): string {
    const data = Buffer.from(BigInt64Array.from(values, BigInt).buffer);
    const raw = { number: 9, wire: 2, bytes: data };
    const tensor = [integerField(1, values.length), integerField(2, INT64), textField(8, name), raw];
    this.#rest.push(messageField(5, tensor));
    this.#addConstant(tensor);
    return name;
  }

  toBytes(): Uint8Array {
    const nodes = this.nodes.map((node) => messageField(1, writeNode(node)));
    return encode(
      this.#model.map((field) => (field.number === 7 ? messageField(7, [...nodes, ...this.#rest]) : field)),
    );
  }

  #addConstant(tensor: readonly WireField[]): void {
    const dims = tensor.filter(({ number }) => number === 1).flatMap(integersOf);
    this.constants.set(nameOf(tensor, 8), { dims, integers: integerOf(tensor, 2) === INT64 ? int64sOf(tensor) : [] });
  }
}

/** An integer attribute of the node; undefined where it has none of this name. */
export function integerAttribute(node: GraphNode, name: string): number | undefined {
  const found = attributeOf(node, name);
  return found && integerOf(found, 3);
}

/** An attribute of several integers; none where the node has none of this name. */
export function integersAttribute(node: GraphNode, name: string): number[] {
  return (attributeOf(node, name) ?? []).filter(({ number }) => number === 8).flatMap(integersOf);
}

function attributeOf({ rest }: GraphNode, name: string): WireField[] | undefined {
  const attributes = rest.filter(({ number }) => number === 5).map(({ bytes }) => decode(bytes));
  return attributes.find((attribute) => nameOf(attribute, 1) === name);
}

function readNode(bytes: Uint8Array): GraphNode {
  const fields = decode(bytes);
  return {
    operator: nameOf(fields, 4),
    inputs: fields.filter(({ number }) => number === 1).map(textOf),
    outputs: fields.filter(({ number }) => number === 2).map(textOf),
    rest: fields.filter(({ number }) => number > 3),
  };
}

function writeNode({ inputs, outputs, rest }: GraphNode): WireField[] {
  return [...inputs.map((name) => textField(1, name)), ...outputs.map((name) => textField(2, name)), ...rest];
}

function nameOf(fields: readonly WireField[], number: number): string {
  const found = fields.find((field) => field.number === number);
  return found ? textOf(found) : "";
}

function integerOf(fields: readonly WireField[], number: number): number | undefined {
  const found = fields.find((field) => field.number === number);
  return found && integersOf(found)[0];
}

/** int64_data, or raw_data: little-endian, eight bytes each. */
function int64sOf(tensor: readonly WireField[]): number[] {
  const raw = tensor.find(({ number }) => number === 9);
  if (!raw) return tensor.filter(({ number }) => number === 7).flatMap(integersOf);
  const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  return Array.from({ length: Math.floor(view.byteLength / 8) }, (_, at) => Number(view.getBigInt64(at * 8, true)));
}
