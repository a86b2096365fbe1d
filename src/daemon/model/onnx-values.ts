import { elementTypeName } from "./onnx-types.ts";
import { integer, message } from "./protobuf-file.ts";
import type { ProtobufFile, Span } from "./protobuf-file.ts";

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** `int64`, `float32`, …; null where it is no tensor. */
  readonly type: string | null;
  /** A number is fixed, a name is not, null isn't said; null for all where the file tells no shape. */
  readonly dims: readonly Dimension[] | null;
}

type Dimension = number | string | null;
type TensorType = Pick<OnnxValue, "type" | "dims">;

/** Reads a ValueInfoProto: a name and a type, which for a tensor has an element type and a shape. */
export async function readValue(file: ProtobufFile, span: Span): Promise<OnnxValue> {
  let name = "";
  let type: TensorType = { type: null, dims: null };
  for await (const field of file.fields(span)) {
    if (field.number === 1) name = await file.text(field);
    else if (field.number === 2) type = await readType(file, message(field));
  }
  return { name, ...type };
}

async function readType(file: ProtobufFile, span: Span): Promise<TensorType> {
  let type: TensorType = { type: null, dims: null };
  for await (const field of file.fields(span)) {
    if (field.number === 1) type = await readTensorType(file, message(field));
  }
  return type;
}

async function readTensorType(file: ProtobufFile, span: Span): Promise<TensorType> {
  let type = 0;
  let dims: readonly Dimension[] | null = null;
  for await (const field of file.fields(span)) {
    if (field.number === 1) type = integer(field);
    else if (field.number === 2) dims = await readShape(file, message(field));
  }
  return { type: elementTypeName(type), dims };
}

async function readShape(file: ProtobufFile, span: Span): Promise<Dimension[]> {
  const dims: Dimension[] = [];
  for await (const field of file.fields(span)) {
    if (field.number === 1) dims.push(await readDimension(file, message(field)));
  }
  return dims;
}

async function readDimension(file: ProtobufFile, span: Span): Promise<Dimension> {
  let dim: Dimension = null;
  for await (const field of file.fields(span)) {
    if (field.number === 1) dim = integer(field);
    else if (field.number === 2) dim = await file.text(field);
  }
  return dim;
}
