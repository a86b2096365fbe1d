/** Element types by their name and their number in `TensorProto.DataType` (onnx.proto). */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const;

export type ElementType = keyof typeof elementTypes;

type TensorData =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | BigInt64Array;

/** A constant, row-major; `bytes` is a little-endian view of the data, not a copy. */
export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

const bytesPerElement: Record<ElementType, number> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  bfloat16: 2,
  uint4: 0.5,
  int4: 0.5,
};

/**
 * A tensor over `data`, whose type names the element type.
 *
 * @param dims its shape; `[]` is a scalar. Left out: a vector as long as `data`.
 * @throws {RangeError} if the shape and the data differ in size.
 */
export function tensor(data: TensorData, dims: readonly number[] = [data.length]): Tensor {
  return checked(typeOf(data), dims, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

export function int64Tensor(values: readonly number[], dims: readonly number[] = [values.length]): Tensor {
  return tensor(BigInt64Array.from(values, BigInt), dims);
}

export function floatTensor(values: readonly number[], dims: readonly number[] = [values.length]): Tensor {
  return tensor(Float32Array.from(values), dims);
}

/** A tensor of a type that JavaScript has no array for; two of four bits share a byte, the first in its low half. */
export function rawTensor(type: ElementType, bytes: Uint8Array, dims: readonly number[]): Tensor {
  return checked(type, dims, bytes);
}

function typeOf(data: TensorData): ElementType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof Int8Array) return "int8";
  if (data instanceof Uint8Array) return "uint8";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Uint16Array) return "uint16";
  if (data instanceof Int32Array) return "int32";
  return "int64";
}

function checked(type: ElementType, dims: readonly number[], bytes: Uint8Array): Tensor {
  const expected = Math.ceil(dims.reduce((product, dim) => product * dim, 1) * bytesPerElement[type]);
  if (bytes.byteLength !== expected) {
    throw new RangeError(`a ${type} tensor of [${dims.join(", ")}] takes ${expected} bytes, got ${bytes.byteLength}`);
  }
  return { type, dims, bytes };
}
