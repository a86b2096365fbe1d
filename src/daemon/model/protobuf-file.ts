import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** The bytes are not what a protobuf message is made of; the message says where and why. */
export class MalformedError extends Error {}

/** Bytes of the file, the end not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One field of a message. Source: https://protobuf.dev/programming-guides/encoding/ */
export interface Field extends Span {
  readonly number: number;
  /** `bytes` may hold text, a message or packed numbers: only the schema tells which. */
  readonly kind: "integer" | "bytes" | "fixed";
  /** Of an integer; past 2^53, where nothing we read lies, it is not exact. */
  readonly value: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const WINDOW_BYTES = 16 * 1024;
const LONGEST_VARINT = 10;
/** Names, versions and shapes; a weight is never read. */
const LONGEST_READ = 4 * 1024;

/** A protobuf file of any size, read only where it is looked at: fields that nobody asks for are stepped over. */
export class ProtobufFile {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #from = 0;
  #to = 0;

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  static async open(path: string): Promise<ProtobufFile> {
    const handle = await open(path);
    try {
      return new ProtobufFile(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The fields of a message, in the order of the file. @throws {MalformedError} */
  async *fields({ from, to }: Span): AsyncGenerator<Field, void> {
    let at = from;
    while (at < to) {
      // Room for the tag and for a length.
      if (!this.#holds(at, 2 * LONGEST_VARINT)) await this.#load(at);
      const tag = this.#varint(at, to);
      const number = Math.floor(tag.value / 8);
      if (number < 1 || number >= 2 ** 29)
        throw new MalformedError(`it is no ONNX model: byte ${at} begins nothing that one has`);
      const field = this.#field(number, tag.value % 8, tag.next, to);
      yield field;
      at = field.to;
    }
  }

  /** What a field of text says. @throws {MalformedError} */
  async text(field: Field): Promise<string> {
    const { from, to } = await this.#read(field);
    return this.#window.toString("utf8", from - this.#from, to - this.#from);
  }

  /** The numbers of a repeated field, packed or one by one. @throws {MalformedError} */
  async integers(field: Field): Promise<number[]> {
    if (field.kind === "integer") return [field.value];
    const { from, to } = await this.#read(field);
    const values: number[] = [];
    for (let at = from; at < to;) {
      const { value, next } = this.#varint(at, to);
      values.push(value);
      at = next;
    }
    return values;
  }

  /** Brings the whole of a field into the window. */
  async #read(field: Field): Promise<Span> {
    const { from, to } = message(field);
    if (to - from > LONGEST_READ)
      throw new MalformedError(`field ${field.number} at byte ${from} is ${to - from} bytes long`);
    if (!this.#holds(from, to - from)) await this.#load(from);
    if (this.#to < to) throw this.#cutOff(from, to);
    return { from, to };
  }

  #field(number: number, wire: number, at: number, end: number): Field {
    if (wire === VARINT) {
      const { value, next } = this.#varint(at, end);
      return { number, kind: "integer", value, from: at, to: next };
    }
    if (wire !== LENGTH_DELIMITED && wire !== FIXED64 && wire !== FIXED32) {
      throw new MalformedError(`it is no ONNX model: byte ${at - 1} begins nothing that one has`);
    }
    const length = wire === LENGTH_DELIMITED ? this.#varint(at, end) : { value: wire === FIXED64 ? 8 : 4, next: at };
    const to = length.next + length.value;
    if (to > end) throw this.#cutOff(length.next, to);
    return { number, kind: wire === LENGTH_DELIMITED ? "bytes" : "fixed", value: 0, from: length.next, to };
  }

  #varint(at: number, end: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let place = 0; place < LONGEST_VARINT; place++) {
      const byte = at + place < end ? this.#byte(at + place) : undefined;
      if (byte === undefined) throw this.#cutOff(at, at + place + 1);
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return { value, next: at + place + 1 };
    }
    throw new MalformedError(`the number at byte ${at} does not end`);
  }

  #byte(at: number): number | undefined {
    return at < this.#to ? this.#window[at - this.#from] : undefined;
  }

  #holds(at: number, length: number): boolean {
    return at >= this.#from && (at + length <= this.#to || this.#to === this.size);
  }

  /** Fewer bytes than asked for come only where the file ends, or was cut while we read. */
  async #load(at: number): Promise<void> {
    let filled = 0;
    while (filled < WINDOW_BYTES) {
      const { bytesRead } = await this.#handle.read(this.#window, filled, WINDOW_BYTES - filled, at + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#from = at;
    this.#to = at + filled;
  }

  #cutOff(from: number, to: number): MalformedError {
    return to > this.size
      ? new MalformedError(`it is cut off: what begins at byte ${from} ends at ${to}, and the file at ${this.size}`)
      : new MalformedError(`what begins at byte ${from} does not end where it should`);
  }
}

/** The field as a message or text. @throws {MalformedError} where it is a number. */
export function message(field: Field): Span {
  return field.kind === "bytes" ? field : mistyped(field);
}

/** @throws {MalformedError} where the field is no integer. */
export function integer(field: Field): number {
  return field.kind === "integer" ? field.value : mistyped(field);
}

function mistyped({ number, from }: Field): never {
  throw new MalformedError(`field ${number} at byte ${from} is of another type than ONNX gives it`);
}
