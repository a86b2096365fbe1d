import { CombotError } from "../../lib/errors.ts";

/** What any of our calls has at most, many times over. */
const DEEPEST = 64;
const MOST_MARKS = 16_384;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
/** `[` and `{` less the bit that tells them apart, and what closes them. */
const [OPENS, CLOSES, EITHER] = [0x5b, 0x5d, 0x20];

/**
 * Refuses a document that would take long to parse or to tell the faults of: a mebibyte of brackets holds the event
 * loop for 75 ms, of fields for 100. Whether it is JSON is not asked.
 *
 * @param mostMarks commas and colons at most.
 * @throws {CombotError} `INVALID_JSON` for the depth, `BODY_TOO_LARGE`
 */
export function checkShape(body: Uint8Array, mostMarks = MOST_MARKS): void {
  let depth = 0;
  let marks = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === COMMA || byte === COLON) marks += 1;
    else if ((byte & ~EITHER) === OPENS) depth += 1;
    else if ((byte & ~EITHER) === CLOSES) depth -= 1;
    if (depth > DEEPEST) throw new CombotError("INVALID_JSON", `body: nested deeper than ${DEEPEST} levels`);
    if (marks > mostMarks) throw new CombotError("BODY_TOO_LARGE", `body: more than ${mostMarks} commas and colons`);
  }
}

/** A quote that is further on than this is found by the machine's own search, of which each call has its cost. */
const NEAR = 64;

function endOfString(body: Uint8Array, from: number): number {
  for (let at = from + 1; at < body.length; at++) {
    const far = Math.min(at + NEAR, body.length);
    while (at < far && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
    if (at < far || body[at] === QUOTE) return at;
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0) break;
    if (!isEscaped(body, quote, at)) return quote;
    at = quote;
  }
  return body.length;
}

/** Whether an odd number of backslashes stands before it. @param from where no escape is under way. */
function isEscaped(body: Uint8Array, at: number, from: number): boolean {
  let first = at;
  while (first > from && body[first - 1] === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}
