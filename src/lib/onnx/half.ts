import { rawTensor } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

/** As float32 bits: 65520, past the middle between the largest float16 and the step after it; and 2^-14, below which all steps are one size. */
const OVERFLOW = 0x477f_f000;
const SMALLEST_NORMAL = 0x3880_0000;
/** What the exponents of the two differ by, in the place of float32's. */
const REBIAS = 0x3800_0000;

/** IEEE 754 binary16: what is nearest to each value. */
export function float16Tensor(values: Float32Array, dims: readonly number[] = [values.length]): Tensor {
  const wide = bitsOf(values);
  return rawTensor(
    "float16",
    bytesOf(values.length, (at) => float16Bits(wide[at]!, values[at]!)),
    dims,
  );
}

/** The upper half of a float32, rounded. */
export function bfloat16Tensor(values: Float32Array, dims: readonly number[] = [values.length]): Tensor {
  const wide = bitsOf(values);
  return rawTensor(
    "bfloat16",
    bytesOf(wide.length, (at) => (wide[at]! + 0x8000) >>> 16),
    dims,
  );
}

function bytesOf(count: number, bitsAt: (at: number) => number): Uint8Array {
  const bits = new Uint16Array(count);
  for (let at = 0; at < count; at++) bits[at] = bitsAt(at);
  return new Uint8Array(bits.buffer);
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function float16Bits(bits: number, value: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fff_ffff;
  if (size >= OVERFLOW) return sign | 0x7c00;
  if (size < SMALLEST_NORMAL) return sign | Math.round(Math.abs(value) * 2 ** 24);
  // A mantissa that is rounded up past its end carries over into the exponent by itself.
  return sign | ((size - REBIAS + 0x1000) >>> 13);
}
