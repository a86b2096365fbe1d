import { CombotError } from "../../lib/errors.ts";

/** Printable ASCII, and something in it: most texts, told in one look. */
const ORDINARY = /^[!-~][ -~]*$/u;

/** White space, controls, and what Unicode says is to be shown as nothing: joiners, fillers, tags. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/**
 * Refuses what is no text. What it says to a model is left as it is: that is the model's own tokenizer's affair.
 *
 * @param index of the text in its call, for the error.
 * @throws {CombotError} `INVALID_TEXT` for NUL, a lone surrogate, or nothing that can be seen.
 */
export function checkText(text: string, index: number): void {
  if (ORDINARY.test(text)) return;
  if (text.includes("\0")) throw new CombotError("INVALID_TEXT", `text ${index} holds a NUL`, { index });
  if (!text.isWellFormed()) throw new CombotError("INVALID_TEXT", `text ${index} holds a lone surrogate`, { index });
  if (!/\S/u.test(text)) throw new CombotError("INVALID_TEXT", `text ${index} is empty`, { index });
  if (!VISIBLE.test(text)) throw new CombotError("INVALID_TEXT", `text ${index} has no visible character`, { index });
}
