import type { Tensor } from "onnxruntime-node";
import { InvalidModelError } from "./invalid-model.ts";

/** Types that a number of a graph may have, each read as float32. */
const READERS: Readonly<Record<string, (data: Tensor["data"]) => Float32Array>> = {
  float32: (data) => data as Float32Array,
  float64: (data) => Float32Array.from(data as Float64Array),
  float16: (data) =>
    data instanceof Uint16Array ? Float32Array.from(data, fromHalf) : Float32Array.from(data as ArrayLike<number>),
};

/**
 * @param labels one or more; the scores of a graph with one label may be [texts] as well as [texts, 1].
 * @returns one row a text. @throws {InvalidModelError} where the tensor is something else.
 */
export function readOutput(output: Tensor | undefined, texts: number, labels: number): Float32Array {
  const dims = output?.dims ?? [];
  const isWide = dims.length === 2 && dims[0] === texts && dims[1] === labels;
  const isFlat = labels === 1 && dims.length === 1 && dims[0] === texts;
  const read = output && Object.hasOwn(READERS, output.type) ? READERS[output.type] : undefined;
  if (!output || !read || !(isWide || isFlat)) {
    throw new InvalidModelError(
      `logits are ${output?.type} [${dims.join(" × ")}], where ${texts} texts and ${labels} labels want float32 [${texts} × ${labels}]`,
    );
  }
  return read(output.data);
}

/** IEEE 754 half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
