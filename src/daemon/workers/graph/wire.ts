/**
 * Protobuf messages small enough to be held whole, taken apart into fields and put together again: what isn't looked
 * at comes out as it went in. Source: https://protobuf.dev/programming-guides/encoding/
 */
export interface WireField {
  readonly number: number;
  readonly wire: number;
  /** The payload: a varint as it was written, or what a length announced. */
  readonly bytes: Uint8Array;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** @throws {RangeError} where the bytes are no message. */
export function decode(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    const wire = tag.value % 8;
    const from = wire === LENGTH_DELIMITED ? readVarint(message, tag.next) : { value: 0, next: tag.next };
    const to = wire === VARINT ? readVarint(message, tag.next).next : from.next + (FIXED_BYTES[wire] ?? from.value);
    if (to > message.length) throw new RangeError(`field at byte ${at} ends at ${to} of ${message.length}`);
    fields.push({ number: Math.floor(tag.value / 8), wire, bytes: message.subarray(from.next, to) });
    at = to;
  }
  return fields;
}

export function encode(fields: readonly WireField[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(({ number, wire, bytes }) => {
      const tag = varint(number * 8 + wire);
      return wire === LENGTH_DELIMITED ? [tag, varint(bytes.length), bytes] : [tag, bytes];
    }),
  );
}

export function textField(number: number, text: string): WireField {
  return { number, wire: LENGTH_DELIMITED, bytes: Buffer.from(text) };
}

export function messageField(number: number, fields: readonly WireField[]): WireField {
  return { number, wire: LENGTH_DELIMITED, bytes: encode(fields) };
}

/** @param value not negative. */
export function integerField(number: number, value: number): WireField {
  return { number, wire: VARINT, bytes: varint(value) };
}

export function textOf({ bytes }: WireField): string {
  return Buffer.from(bytes).toString("utf8");
}

/** The numbers of a repeated int64 field, packed or one by one; sign extended from 64 bits. */
export function integersOf({ bytes }: WireField): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let value = 0n;
    let place = 0n;
    for (let more = true; more; at++, place += 7n) {
      const byte = bytes[at] ?? 0;
      value |= BigInt(byte & 0x7f) << place;
      more = byte > 0x7f && at + 1 < bytes.length;
    }
    values.push(Number(BigInt.asIntN(64, value)));
  }
  return values;
}

function readVarint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new RangeError(`the number at byte ${from} does not end`);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}
