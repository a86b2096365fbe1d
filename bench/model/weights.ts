import { floatTensor, tensor } from "../../src/lib/onnx/tensor.ts";
import type { Tensor } from "../../src/lib/onnx/tensor.ts";
import { normalSamples, seedFor, xorshift } from "./random.ts";

/** Standard deviation of tables and biases: as BERT's are before training. */
const deviation = 0.02;
/** 2^16, so that one random number of 32 bits picks two samples. */
const sampleCount = 65_536;

/** A weight of 8 bits around zero: its value is the integer times the scale. */
export interface Int8Weight {
  readonly values: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
}

/**
 * Random weights, each from the seed and its own name. They are picked from one table of normal samples, which makes
 * 67 million of them in half a second, and stretched by a factor of the tensor's own; the 8-bit ones are the same picks,
 * rounded. Without the factor all scales were one number, and the runtime would merge what it can't merge in a trained model.
 */
export class Weights {
  readonly #seed: number;
  readonly #samples: Float32Array;
  readonly #rounded: Int8Array;
  readonly #scale: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#samples = normalSamples(sampleCount, seedFor(seed, "samples"));
    // quantize_dynamic's symmetric range: the largest weight of the tensor is 127. Here it is that of the table.
    this.#scale = this.#samples.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    this.#rounded = Int8Array.from(this.#samples, (value) => Math.round(value / this.#scale));
  }

  /** A table of embeddings, or a bias. */
  normal(name: string, dims: readonly number[]): Tensor {
    return this.#float32(name, dims, deviation);
  }

  /**
   * The matrix of a linear layer. It keeps the size of what goes through, as a trained one does: under BERT's 0.02 a
   * narrow model would give every text the same logits.
   */
  matrix(name: string, dims: readonly [number, number], inputs: number): Tensor {
    return this.#float32(name, dims, 1 / Math.sqrt(inputs));
  }

  /** Scales of a normalisation. */
  nearOne(name: string, size: number): Tensor {
    const near = this.#samples.map((value) => 1 + deviation * value);
    return tensor(this.#pick(name, near, new Float32Array(size)));
  }

  int8Table(name: string, dims: readonly [number, number]): Int8Weight {
    return this.#int8(name, this.#pick(name, this.#rounded, new Int8Array(dims[0] * dims[1])), dims, deviation);
  }

  /** What `matrix` gives, rounded, of the shape [inputs, outputs] that MatMulInteger wants. */
  int8Matrix(name: string, [inputs, outputs]: readonly [number, number]): Int8Weight {
    const values = this.#pick(name, this.#rounded, new Int8Array(inputs * outputs));
    return this.#int8(name, values, [inputs, outputs], 1 / Math.sqrt(inputs));
  }

  /** The transpose of what `matrix` gives for [outputs, inputs]. */
  int8MatrixTransposed(name: string, [inputs, outputs]: readonly [number, number]): Int8Weight {
    const values = this.#pick(name, this.#rounded, new Int8Array(inputs * outputs));
    const transposed = Int8Array.from(values, (_, at) => values[(at % outputs) * inputs + Math.floor(at / outputs)]!);
    return this.#int8(name, transposed, [inputs, outputs], 1 / Math.sqrt(inputs));
  }

  #float32(name: string, dims: readonly number[], deviation: number): Tensor {
    const factor = deviation * this.#factor(name);
    const own = this.#samples.map((value) => value * factor);
    return tensor(this.#pick(name, own, new Float32Array(dims.reduce((a, b) => a * b, 1))), dims);
  }

  #int8(name: string, values: Int8Array, dims: readonly [number, number], deviation: number): Int8Weight {
    const scale = this.#scale * deviation * this.#factor(name);
    return { values: tensor(values, dims), scale: floatTensor([scale], []), zeroPoint: tensor(new Int8Array(1), []) };
  }

  /** Between ¾ and 1¼. */
  #factor(name: string): number {
    return 0.75 + seedFor(this.#seed, `${name}.factor`) / 2 ** 33;
  }

  #pick<T extends Float32Array | Int8Array>(name: string, from: T, into: T): T {
    const next = xorshift(seedFor(this.#seed, name));
    for (let at = 0; at < into.length; at += 2) {
      const bits = next();
      into[at] = from[bits & 0xffff]!;
      // Past the end of an odd length, a typed array ignores the write.
      into[at + 1] = from[bits >>> 16]!;
    }
    return into;
  }
}
