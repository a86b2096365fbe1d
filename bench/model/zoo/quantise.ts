import { floatTensor, rawTensor, tensor } from "../../../src/lib/onnx/tensor.ts";
import type { Tensor } from "../../../src/lib/onnx/tensor.ts";

/** A matrix of a linear layer, row-major: [inputs, outputs]. */
export interface Matrix {
  readonly values: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

/** Integers and what each stands for, a scale for all, for each column or for each block. */
export interface QuantisedMatrix {
  readonly values: Tensor;
  readonly scales: Tensor;
}

/** Values of four bits: −8 to 7. */
const LARGEST_OF_FOUR_BITS = 7;

export function quantiseWhole({ values, inputs, outputs }: Matrix): QuantisedMatrix {
  const scale = largestOf(values) / 127;
  const rounded = round(values, () => scale);
  return { values: tensor(rounded, [inputs, outputs]), scales: floatTensor([scale], []) };
}

export function quantiseColumns({ values, inputs, outputs }: Matrix): QuantisedMatrix {
  const scales = Array.from({ length: outputs }, (_, column) => {
    let largest = 1e-6;
    for (let row = 0; row < inputs; row++) largest = Math.max(largest, Math.abs(values[row * outputs + column]!));
    return largest / 127;
  });
  const rounded = round(values, (at) => scales[at % outputs]!);
  return { values: tensor(rounded, [inputs, outputs]), scales: floatTensor(scales) };
}

/** For DequantizeLinear with a block size, along the inputs: int4 or int8 values, scales [inputs ÷ block, outputs]. */
export function quantiseBlocks(matrix: Matrix, block: number, bits: 4 | 8): QuantisedMatrix {
  const { values, inputs, outputs } = matrix;
  const scales = blockScales(matrix, block, bits);
  const rounded = round(values, (at) => scales[Math.floor(at / outputs / block) * outputs + (at % outputs)]!);
  const dims = [inputs, outputs];
  return {
    values: bits === 8 ? tensor(rounded, dims) : rawTensor("int4", packPairs(rounded), dims),
    scales: floatTensor(scales, [scales.length / outputs, outputs]),
  };
}

/**
 * For MatMulNBits: unsigned values around a zero point of half the range, the matrix transposed, [outputs, blocks, bytes
 * of a block], scales [outputs · blocks].
 */
export function packForNBits(matrix: Matrix, block: number, bits: 4 | 8): QuantisedMatrix {
  const { values, inputs, outputs } = matrix;
  const scales = blockScales(matrix, block, bits);
  const blocks = Math.ceil(inputs / block);
  const zero = 2 ** (bits - 1);
  const unsigned = new Uint8Array(outputs * blocks * block).fill(zero);
  for (let at = 0; at < values.length; at++) {
    const [row, column] = [Math.floor(at / outputs), at % outputs];
    const scale = scales[Math.floor(row / block) * outputs + column]!;
    unsigned[column * blocks * block + row] = zero + Math.round(values[at]! / scale);
  }
  const transposed = Array.from(
    { length: outputs * blocks },
    (_, at) => scales[(at % blocks) * outputs + Math.floor(at / blocks)]!,
  );
  const packed = bits === 8 ? unsigned : packPairs(unsigned);
  return {
    values: tensor(packed, [outputs, blocks, packed.length / outputs / blocks]),
    scales: floatTensor(transposed),
  };
}

function blockScales({ values, inputs, outputs }: Matrix, block: number, bits: 4 | 8): number[] {
  const scales = Array.from({ length: Math.ceil(inputs / block) * outputs }, () => 1e-6);
  const top = bits === 8 ? 127 : LARGEST_OF_FOUR_BITS;
  for (let at = 0; at < values.length; at++) {
    const place = Math.floor(Math.floor(at / outputs) / block) * outputs + (at % outputs);
    scales[place] = Math.max(scales[place]!, Math.abs(values[at]!) / top);
  }
  return scales.map(Math.fround);
}

function packPairs(values: Int8Array | Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: Math.ceil(values.length / 2) },
    (_, at) => (values[2 * at]! & 0xf) | (((values[2 * at + 1] ?? 0) & 0xf) << 4),
  );
}

/** In loops, as tables of millions want it: Int8Array.from takes ten times as long. */
function round(values: Float32Array, scaleAt: (at: number) => number): Int8Array {
  const rounded = new Int8Array(values.length);
  for (let at = 0; at < rounded.length; at++) rounded[at] = Math.round(values[at]! / scaleAt(at));
  return rounded;
}

function largestOf(values: Float32Array): number {
  let largest = 1e-6;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
