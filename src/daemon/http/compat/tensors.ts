import { CombotError } from "../../../lib/errors.ts";

/** A tensor of strings takes four bytes for the length of each, little-endian (Triton's binary tensor data extension). */
const LENGTH_BYTES = 4;

export interface Tensor {
  readonly name: string;
  readonly datatype: "BYTES" | "FP32";
  readonly shape: readonly number[];
  readonly data: readonly (string | number)[];
}

/** @throws {CombotError} `INVALID_REQUEST` for bytes that are no such tensor, or no UTF-8. */
export function stringsIn(bytes: Buffer, name: string): string[] {
  const strings: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES;
    const end = from > bytes.length ? Infinity : from + bytes.readUInt32LE(at);
    if (end > bytes.length)
      throw new CombotError("INVALID_REQUEST", `input '${name}': its bytes end within an element`);
    strings.push(utf8Of(bytes.subarray(from, end), name));
    at = end;
  }
  return strings;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Of(bytes: Buffer, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CombotError("INVALID_REQUEST", `input '${name}': an element is not UTF-8`);
  }
}

export function bytesOf({ datatype, data }: Tensor): Buffer {
  if (datatype === "FP32") return Buffer.from(Float32Array.from(data as readonly number[]).buffer);
  return Buffer.concat(
    data.flatMap((element) => {
      const bytes = Buffer.from(String(element));
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
