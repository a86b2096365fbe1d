import { randomFillSync } from "node:crypto";

/** What a caller may name his request by: printable, so that it is harmless in a header, a problem and a log. */
const GIVEN = /^[\x21-\x7e]{1,128}$/;

/** Random bits for so many ids are drawn at once: one draw costs as much as ten ids. */
const DRAWN_IDS = 256;
/** 74 random bits and what the variant takes. */
const DIGITS = 20;
const VARIANTS = "89ab";

const bytes = Buffer.alloc((DRAWN_IDS * DIGITS) / 2);
let digits = "";
let at = 0;
let timeMs = -1;
let time = "";

/** The caller's own X-Request-Id where it is one, or a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && GIVEN.test(given) ? given : newRequestId();
}

/** A UUIDv7 (RFC 9562, 5.7): it sorts by its time. Node 22 makes none. */
export function newRequestId(nowMs: number = Date.now()): string {
  if (nowMs !== timeMs) {
    const hex = nowMs.toString(16).padStart(12, "0");
    time = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    timeMs = nowMs;
  }
  if (at === digits.length) {
    digits = randomFillSync(bytes).toString("hex");
    at = 0;
  }
  const from = at;
  at += DIGITS;
  const variant = VARIANTS.charAt(digits.charCodeAt(from + 3) & 3);
  return `${time}${digits.slice(from, from + 3)}-${variant}${digits.slice(from + 4, from + 7)}-${digits.slice(from + 7, from + 19)}`;
}
