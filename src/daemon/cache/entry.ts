import { crc32 } from "node:zlib";
import type { Answer } from "./answer.ts";

/**
 * An entry as Redis keeps it. Numbers are big-endian.
 *
 *     0   1  version, 3
 *     1   1  flags: 1 the text was truncated, 2 label indices take two bytes, 4 scores are any numbers
 *     2   4  CRC-32 of all that follows
 *     6  32  SHA-256 of what was asked: the text, the pair, or the text and the labels
 *    38   6  when it expires, in ms since 1970: saves asking Redis for it with every hit
 *    44      best label first: index of the label (1 or 2 bytes), score in millionths (3 bytes; any number: 8, a double)
 */
const VERSION = 3;
const TRUNCATED = 1;
const WIDE = 2;
/** A regression's: below 0 or above 1. */
const RAW = 4;
const CRC_AT = 2;
const SHA_AT = 6;
const SHA_BYTES = 32;
const EXPIRY_AT = SHA_AT + SHA_BYTES;
const EXPIRY_BYTES = 6;
const SCORES_AT = EXPIRY_AT + EXPIRY_BYTES;
const MILLIONTHS_BYTES = 3;
const RAW_BYTES = 8;
const MOST_MILLIONTHS = 1e6;
/** Of a number, with which `<<` and `&` work. */
const BITS = 32;

/** Why an entry is not used: written by another release, damaged, or of another text with the same key. */
export type Unusable = "version" | "damaged" | "collision";

/** What an entry says, and until when it does. */
export interface Kept {
  readonly answer: Answer;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export function encodeEntry({ answer, expiresAtMs }: Kept, sha256: string): Buffer {
  const { ranking, millionths, truncated } = answer;
  const isWide = ranking.some((label) => label > 0xff);
  const isRaw = !millionths.every(isShare);
  const { width, step } = layoutOf(isWide, isRaw);
  const entry = Buffer.allocUnsafe(SCORES_AT + ranking.length * step);
  entry[0] = VERSION;
  entry[1] = (truncated ? TRUNCATED : 0) | (isWide ? WIDE : 0) | (isRaw ? RAW : 0);
  entry.write(sha256, SHA_AT, SHA_BYTES, "hex");
  entry.writeUIntBE(Math.round(expiresAtMs), EXPIRY_AT, EXPIRY_BYTES);
  for (const [at, label] of ranking.entries()) {
    const offset = entry.writeUIntBE(label, SCORES_AT + at * step, width);
    if (isRaw) entry.writeDoubleBE(millionths[at] ?? 0, offset);
    else entry.writeUIntBE(millionths[at] ?? 0, offset, MILLIONTHS_BYTES);
  }
  entry.writeUInt32BE(crc32(entry.subarray(SHA_AT)), CRC_AT);
  return entry;
}

/** @param labels of the model, or of the call: an index beyond them is damage, and so is one that comes twice. */
export function decodeEntry(entry: Buffer, sha256: string, labels: number): Kept | Unusable {
  if (entry[0] !== VERSION) return "version";
  if (entry.length < SCORES_AT || entry.readUInt32BE(CRC_AT) !== crc32(entry.subarray(SHA_AT))) return "damaged";
  if (entry.toString("hex", SHA_AT, EXPIRY_AT) !== sha256) return "collision";
  const flags = entry[1] ?? 0;
  const isRaw = (flags & RAW) !== 0;
  const { width, step } = layoutOf((flags & WIDE) !== 0, isRaw);
  const count = (entry.length - SCORES_AT) / step;
  if (!Number.isInteger(count) || count === 0 || count > labels) return "damaged";
  const ranking: number[] = [];
  const millionths: number[] = [];
  for (let at = SCORES_AT; at < entry.length; at += step) {
    const label = entry.readUIntBE(at, width);
    const score = isRaw ? entry.readDoubleBE(at + width) : entry.readUIntBE(at + width, MILLIONTHS_BYTES);
    if (label >= labels || !(isRaw ? Number.isFinite(score) : isShare(score))) return "damaged";
    ranking.push(label);
    millionths.push(score);
  }
  if (hasTwice(ranking)) return "damaged";
  const expiresAtMs = entry.readUIntBE(EXPIRY_AT, EXPIRY_BYTES);
  return { answer: { ranking, millionths, truncated: (flags & TRUNCATED) !== 0 }, expiresAtMs };
}

/** Bytes of a label's index, and of that with its score. */
function layoutOf(isWide: boolean, isRaw: boolean): { readonly width: number; readonly step: number } {
  const width = isWide ? 2 : 1;
  return { width, step: width + (isRaw ? RAW_BYTES : MILLIONTHS_BYTES) };
}

/** Of the first labels each has a bit of a number, which costs less than a set of them. */
function hasTwice(ranking: readonly number[]): boolean {
  let seen = 0;
  for (const label of ranking) {
    if (label >= BITS) return new Set(ranking).size < ranking.length;
    if ((seen & (1 << label)) !== 0) return true;
    seen |= 1 << label;
  }
  return false;
}

function isShare(millionths: number): boolean {
  return millionths >= 0 && millionths <= MOST_MILLIONTHS;
}
