import { floatTensor } from "../../../src/lib/onnx/tensor.ts";
import type { Numbers, Net } from "./net.ts";
import { packForNBits, quantiseBlocks, quantiseColumns, quantiseWhole } from "./quantise.ts";
import type { Matrix, QuantisedMatrix } from "./quantise.ts";

export interface LinearOptions {
  readonly bias?: boolean;
  /** Largest activation that a static quantisation thinks of. */
  readonly range?: number;
  /** Times the deviation that keeps the size of what goes through. */
  readonly gain?: number;
}

const BLOCK = 32;
const RANGE = 4;

/** x · W + b on the last axis, the matrix in the layout's numbers. */
export function linear(
  net: Net,
  input: string,
  name: string,
  [inputs, outputs]: readonly [number, number],
  { bias = true, range = RANGE, gain = 1 }: LinearOptions = {},
): string {
  const values = (): Float32Array => net.random(`${name}.weight`, [inputs, outputs], gain / Math.sqrt(inputs));
  const product = MULTIPLIERS[net.options.numbers]({
    net,
    input,
    name: `${name}.weight`,
    values,
    inputs,
    outputs,
    range,
  });
  return bias ? net.node("Add", [product, net.bias(`${name}.bias`, outputs)]) : product;
}

interface Product {
  readonly net: Net;
  readonly input: string;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly values: () => Float32Array;
  readonly range: number;
}

type Multiply = (product: Product) => string;

const plain: Multiply = ({ net, input, name, values, inputs, outputs }) =>
  net.node("MatMul", [input, net.floats(name, values, [inputs, outputs])]);

/** What `quantize_dynamic` writes. */
const dynamic: Multiply = (product) => {
  const { net, input } = product;
  const [values, scale] = hold(product, quantiseWhole);
  const [integers, inputScale, inputZero] = dynamicActivation(net, input);
  const sum = net.node("MatMulInteger", [integers, values, inputZero, net.bytes("int8_zero", new Int8Array(1), [])]);
  return net.node("Mul", [net.cast(sum, "float32"), net.node("Mul", [inputScale, scale])]);
};

/** Once for each value: query, key and value read the same. */
function dynamicActivation(net: Net, input: string): [integers: string, scale: string, zero: string] {
  const outputs: [string, string, string] = [`${input}_quantized`, `${input}_scale`, `${input}_zero`];
  net.once(outputs[0], () => net.graph.node("DynamicQuantizeLinear", [input], {}, { outputs }));
  return outputs;
}

/** What `quantize_static` writes: pairs around the activation, a scale for each column of the weight. */
const qdq: Multiply = (product) => {
  const { net, input, range, outputs } = product;
  const [values, scales] = hold(product, quantiseColumns);
  const zeros = net.bytes(`int8_zeros_${outputs}`, new Int8Array(outputs), [outputs]);
  const weight = net.node("DequantizeLinear", [values, scales, zeros], { axis: 1 });
  return net.node("MatMul", [quantisedActivation(net, input, range), weight]);
};

/** QuantizeLinear → DequantizeLinear with a scale that was found before. */
export function quantisedActivation(net: Net, input: string, range: number): string {
  const [scale, zero] = staticRange(net, range);
  return net.node("DequantizeLinear", [net.node("QuantizeLinear", [input, scale, zero]), scale, zero]);
}

/** The operator-oriented form of the same. */
const qlinear: Multiply = (product) => {
  const { net, input, range } = product;
  const [values, scale] = hold(product, quantiseWhole);
  const [inputScale, inputZero] = staticRange(net, range);
  const [outputScale, outputZero] = staticRange(net, RANGE + 2);
  const quantised = net.node("QuantizeLinear", [input, inputScale, inputZero]);
  const zero = net.bytes("int8_zero", new Int8Array(1), []);
  const operands = [quantised, inputScale, inputZero, values, scale, zero, outputScale, outputZero];
  return net.node("DequantizeLinear", [net.node("QLinearMatMul", operands), outputScale, outputZero]);
};

function staticRange(net: Net, range: number): [scale: string, zero: string] {
  const scale = net.constant(`range_${range}`, () => floatTensor([range / 127], []));
  return [scale, net.bytes("uint8_middle", Uint8Array.of(128), [])];
}

const weightOnly =
  (quantise: (matrix: Matrix) => QuantisedMatrix, attributes: Readonly<Record<string, number>>): Multiply =>
  (product) => {
    const { net, input } = product;
    return net.node("MatMul", [input, net.node("DequantizeLinear", hold(product, quantise), attributes)]);
  };

const nBits =
  (bits: 4 | 8, level: Readonly<Record<string, number>>): Multiply =>
  (product) => {
    const { net, input, inputs: K, outputs: N } = product;
    const packed = hold(product, (matrix) => packForNBits(matrix, BLOCK, bits));
    return net.contrib("MatMulNBits", [input, ...packed], { K, N, bits, block_size: BLOCK, ...level });
  };

function hold(
  { net, name, values, inputs, outputs }: Product,
  quantise: (matrix: Matrix) => QuantisedMatrix,
): [values: string, scales: string] {
  const held: [string, string] = [`${name}_quantized`, `${name}_scale`];
  net.once(held[0], () => {
    const made = quantise({ values: values(), inputs, outputs });
    net.constant(held[1], () => made.scales);
    return net.constant(held[0], () => made.values);
  });
  return held;
}

const MULTIPLIERS: Readonly<Record<Numbers, Multiply>> = {
  fp32: plain,
  fp16: plain,
  "bf16-weights": plain,
  "int8-dynamic": dynamic,
  "int8-qdq": qdq,
  "int8-qlinear": qlinear,
  "int8-weight-only": weightOnly(quantiseWhole, {}),
  "int8-weight-only-columns": weightOnly(quantiseColumns, { axis: 1 }),
  "int8-weight-only-blocks": weightOnly((matrix) => quantiseBlocks(matrix, BLOCK, 8), { axis: 0, block_size: BLOCK }),
  "int4-weight-only-blocks": weightOnly((matrix) => quantiseBlocks(matrix, BLOCK, 4), { axis: 0, block_size: BLOCK }),
  "int4-nbits": nBits(4, {}),
  "int4-nbits-level4": nBits(4, { accuracy_level: 4 }),
  "int8-nbits": nBits(8, { accuracy_level: 4 }),
};

/** Rows of a table. In 8 bits the table is as well, where activations are. @param deviation of its entries. */
export function lookup(
  net: Net,
  ids: string,
  name: string,
  [rows, columns]: readonly [number, number],
  deviation = 0.02,
): string {
  if (net.options.numbers === "int8-dynamic") {
    const [table, scale] = net.int8Table(name, [rows, columns], deviation);
    return net.node("DequantizeLinear", [net.node("Gather", [table, ids]), scale]);
  }
  const dims = [rows, columns];
  return net.node("Gather", [net.floats(name, () => net.random(name, dims, deviation), dims), ids]);
}
