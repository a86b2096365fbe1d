import { randomFillSync } from "node:crypto";

/** What a caller may name his request by: printable, so that it is harmless in a header, a problem and a log. */
const GIVEN = /^[\x21-\x7e]{1,128}$/;

/** Where the ids of one millisecond begin is drawn for so many of them at once: one draw costs as much as ten ids. */
const DRAWN = 256;
/** 74 random bits and what the variant takes. */
const DIGITS = 20;
const VARIANTS = "89ab";
/** The last so many bits count within a millisecond. */
const COUNTED_BITS = 24;
const OCTETS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

const bytes = Buffer.alloc((DRAWN * DIGITS) / 2);
let digits = "";
let at = 0;
let timeMs = -1;
/** All that the ids of one millisecond have in common, and the next one's count; none is left at the end of its bits. */
let common = "";
let count = 2 ** COUNTED_BITS;

/** The caller's own X-Request-Id where it is one, or a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && GIVEN.test(given) ? given : newRequestId();
}

/**
 * A UUIDv7 (RFC 9562, 5.7): it sorts by its time, and those of one millisecond, which count from a random one on (6.2,
 * method 2), in the order in which they were made. Node 22 makes none.
 */
export function newRequestId(nowMs: number = Date.now()): string {
  if (nowMs !== timeMs || count >>> COUNTED_BITS > 0) begin(nowMs);
  const [high, middle, low] = [count >>> 16, (count >>> 8) & 255, count & 255];
  count += 1;
  return common + OCTETS[high]! + OCTETS[middle]! + OCTETS[low]!;
}

function begin(nowMs: number): void {
  if (at === digits.length) {
    digits = randomFillSync(bytes).toString("hex");
    at = 0;
  }
  const drawn = digits.slice(at, at + DIGITS);
  at += DIGITS;
  const hex = nowMs.toString(16).padStart(12, "0");
  const variant = VARIANTS.charAt(drawn.charCodeAt(3) & 3);
  timeMs = nowMs;
  common = `${hex.slice(0, 8)}-${hex.slice(8)}-7${drawn.slice(0, 3)}-${variant}${drawn.slice(4, 7)}-${drawn.slice(7, 13)}`;
  // Half of the room stays free, so that hardly a millisecond has to begin twice.
  count = Number.parseInt(drawn.slice(13, 19), 16) >>> 1;
}
