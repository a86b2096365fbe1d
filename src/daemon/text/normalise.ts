import { CombotError } from "../../lib/errors.ts";

/** Printable ASCII with single blanks between: most texts are in their one form already, and are not copied. */
const NORMAL = /^[!-~]+(?: [!-~]+)*$/u;

/**
 * The one form of a text that is hashed, cached and classified: Unicode NFC, white space folded and trimmed.
 *
 * @param index of the text in its call, for the error.
 * @throws {CombotError} `INVALID_TEXT` for NUL, a lone surrogate, or nothing left after trimming.
 */
export function normalise(text: string, index: number): string {
  if (NORMAL.test(text)) return text;
  if (text.includes("\0")) throw new CombotError("INVALID_TEXT", `text ${index} holds a NUL`, { index });
  if (!text.isWellFormed()) throw new CombotError("INVALID_TEXT", `text ${index} holds a lone surrogate`, { index });
  const folded = text.normalize("NFC").replaceAll(/\s+/gu, " ").trim();
  if (folded === "") throw new CombotError("INVALID_TEXT", `text ${index} is empty`, { index });
  return folded;
}
