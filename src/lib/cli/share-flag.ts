import * as Flags from "@oclif/core/flags";
import { CombotError } from "../errors.ts";

/** @throws {CombotError} `USAGE` naming the flag. */
export function shareOf(flag: string, text: string): number {
  const share = text.trim() === "" ? NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new CombotError("USAGE", `--${flag} takes a number from 0 to 1, not ${text}.`);
}

/** A flag whose value is a number from 0 to 1. */
export function shareFlag(name: string, description: string) {
  return Flags.custom<number>({
    description,
    helpValue: "0..1",
    parse: (text) => Promise.resolve(shareOf(name, text)),
  })();
}

/** A flag whose value is a part of something, above nothing: `10%`, or `0.1`. */
export function partFlag(name: string, description: string) {
  return Flags.custom<number>({
    description,
    helpValue: "PERCENT%",
    parse: (text) => Promise.resolve(partOf(name, text)),
  })();
}

function partOf(flag: string, text: string): number {
  const [, number = "", sign = ""] = /^\s*(\d*\.?\d+)\s*(%?)\s*$/.exec(text) ?? [];
  const part = number === "" ? NaN : Number(number) / (sign === "%" ? 100 : 1);
  if (part > 0 && part <= 1) return part;
  throw new CombotError("USAGE", `--${flag} takes a part such as 10% or 0.1, above 0 and at most 100%, not ${text}.`);
}
