/**
 * The part of the protobuf wire format an ONNX file needs, write side only.
 * Source: https://protobuf.dev/programming-guides/encoding/
 *
 * Bytes are kept as a list of pieces and joined once, so that a weight of hundreds of megabytes
 * is copied one time, not once for each message it is nested in.
 */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

export class ProtoWriter {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** An int32, int64, bool or enum field; negative values take ten bytes, as the format wants. */
  integer(field: number, value: number | bigint): this {
    this.#push(encodeVarint((field << 3) | VARINT));
    this.#push(encodeVarint(value));
    return this;
  }

  float(field: number, value: number): this {
    this.#push(encodeVarint((field << 3) | FIXED32));
    this.#push(encodeFloats([value]));
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#pushLength(field, value.byteLength);
    this.#push(value);
    return this;
  }

  message(field: number, value: ProtoWriter): this {
    this.#pushLength(field, value.#byteLength);
    for (const piece of value.#pieces) this.#push(piece);
    return this;
  }

  packedIntegers(field: number, values: readonly (number | bigint)[]): this {
    const packed = new ProtoWriter();
    for (const value of values) packed.#push(encodeVarint(value));
    return this.message(field, packed);
  }

  packedFloats(field: number, values: readonly number[]): this {
    return this.bytes(field, encodeFloats(values));
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#byteLength);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.byteLength;
    }
    return whole;
  }

  #pushLength(field: number, byteLength: number): void {
    this.#push(encodeVarint((field << 3) | LENGTH_DELIMITED));
    this.#push(encodeVarint(byteLength));
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#byteLength += piece.byteLength;
  }
}

function encodeVarint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function encodeFloats(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [i, value] of values.entries()) view.setFloat32(i * 4, value, true);
  return new Uint8Array(view.buffer);
}
