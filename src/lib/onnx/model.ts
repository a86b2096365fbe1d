import { ProtoWriter } from "./protobuf.ts";
import { elementTypes } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";
import { Graph } from "./graph.ts";
import type { Attribute, Node, Value } from "./graph.ts";

/** Field numbers throughout are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const;
const externalLocation = 1;
/** Offsets in an external file stand on page borders, so that a runtime can map each weight. */
const pageBytes = 4096;

export interface ModelOptions {
  /** Version of the standard operators. */
  opset?: number;
  /** Versions of operator sets outside the standard, by domain. */
  otherOpsets?: Readonly<Record<string, number>>;
  irVersion?: number;
  producer?: string;
  metadata?: Readonly<Record<string, string>>;
}

export interface ExternalDataOptions extends ModelOptions {
  /** Name of the data file as the model will find it, relative to its own folder. */
  location: string;
  /** Smaller weights stay in the model. */
  minBytes?: number;
}

export function encodeModel(graph: Graph, options: ModelOptions = {}): Uint8Array {
  return encode(graph, options, encodeTensor);
}

/** The same with large weights in a file of their own: for models past protobuf's 2 GB, and to be mapped. */
export function encodeModelWithExternalData(
  graph: Graph,
  options: ExternalDataOptions,
): { model: Uint8Array; data: Uint8Array } {
  const { location, minBytes = 1024 } = options;
  const placed: { offset: number; bytes: Uint8Array }[] = [];
  let end = 0;
  const model = encode(graph, options, (tensor, name) => {
    if (tensor.bytes.byteLength < minBytes) return encodeTensor(tensor, name);
    const offset = Math.ceil(end / pageBytes) * pageBytes;
    placed.push({ offset, bytes: tensor.bytes });
    end = offset + tensor.bytes.byteLength;
    return encodeExternalTensor(tensor, name, {
      location,
      offset: String(offset),
      length: String(tensor.bytes.byteLength),
    });
  });
  const data = new Uint8Array(end);
  for (const { offset, bytes } of placed) data.set(bytes, offset);
  return { model, data };
}

type TensorEncoder = (tensor: Tensor, name: string) => ProtoWriter;

function encode(graph: Graph, options: ModelOptions, encodeInitializer: TensorEncoder): Uint8Array {
  const model = new ProtoWriter()
    .integer(1, options.irVersion ?? 8)
    .string(2, options.producer ?? "combot")
    .message(7, encodeGraph(graph, encodeInitializer))
    .message(8, new ProtoWriter().string(1, "").integer(2, options.opset ?? 17));
  for (const [domain, version] of Object.entries(options.otherOpsets ?? {})) {
    model.message(8, new ProtoWriter().string(1, domain).integer(2, version));
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) model.message(14, encodeEntry(key, value));
  return model.finish();
}

function encodeGraph(graph: Graph, encodeInitializer: TensorEncoder): ProtoWriter {
  const proto = new ProtoWriter();
  for (const node of graph.nodes) proto.message(1, encodeNode(node));
  proto.string(2, graph.name);
  for (const { name, tensor } of graph.initializers) proto.message(5, encodeInitializer(tensor, name));
  for (const value of graph.inputs) proto.message(11, encodeValue(value));
  for (const value of graph.outputs) proto.message(12, encodeValue(value));
  return proto;
}

function encodeNode(node: Node): ProtoWriter {
  const proto = new ProtoWriter();
  for (const input of node.inputs) proto.string(1, input);
  for (const output of node.outputs) proto.string(2, output);
  proto.string(3, node.name).string(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) proto.message(5, encodeAttribute(name, value));
  if (node.domain !== "") proto.string(7, node.domain);
  return proto;
}

function encodeAttribute(name: string, value: Attribute): ProtoWriter {
  const proto = new ProtoWriter().string(1, name);
  if (typeof value === "number") return proto.integer(3, value).integer(20, attributeTypes.int);
  if (typeof value === "string") return proto.string(4, value).integer(20, attributeTypes.string);
  if (value instanceof Graph) {
    return proto.message(6, encodeGraph(value, encodeTensor)).integer(20, attributeTypes.graph);
  }
  if ("bytes" in value) return proto.message(5, encodeTensor(value)).integer(20, attributeTypes.tensor);
  if ("float" in value) return proto.float(2, value.float).integer(20, attributeTypes.float);
  if ("floats" in value) return proto.packedFloats(7, value.floats).integer(20, attributeTypes.floats);
  if (isStrings(value)) {
    for (const text of value) proto.string(9, text);
    return proto.integer(20, attributeTypes.strings);
  }
  return proto.packedIntegers(8, value).integer(20, attributeTypes.ints);
}

function isStrings(value: readonly number[] | readonly string[]): value is readonly string[] {
  return typeof value[0] === "string";
}

function describeTensor(tensor: Tensor, name: string): ProtoWriter {
  return new ProtoWriter().packedIntegers(1, tensor.dims).integer(2, elementTypes[tensor.type]).string(8, name);
}

function encodeTensor(tensor: Tensor, name = ""): ProtoWriter {
  return describeTensor(tensor, name).bytes(9, tensor.bytes);
}

function encodeExternalTensor(tensor: Tensor, name: string, place: Record<string, string>): ProtoWriter {
  const proto = describeTensor(tensor, name);
  for (const [key, value] of Object.entries(place)) proto.message(13, encodeEntry(key, value));
  return proto.integer(14, externalLocation);
}

function encodeEntry(key: string, value: string): ProtoWriter {
  return new ProtoWriter().string(1, key).string(2, value);
}

function encodeValue(value: Value): ProtoWriter {
  const shape = new ProtoWriter();
  for (const dim of value.dims) {
    shape.message(1, typeof dim === "number" ? new ProtoWriter().integer(1, dim) : new ProtoWriter().string(2, dim));
  }
  const tensorType = new ProtoWriter().integer(1, elementTypes[value.type]).message(2, shape);
  return new ProtoWriter().string(1, value.name).message(2, new ProtoWriter().message(1, tensorType));
}
