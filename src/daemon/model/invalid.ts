import { CombotError } from "../../lib/errors.ts";
import { shortageCodeOf } from "../../lib/shortage.ts";

/** A fault of one file of a model folder; none where the machine was short of what it takes to read it. */
export function invalid(path: string, detail: string, cause?: unknown): CombotError {
  const told = `${path}: ${detail}`;
  if (cause === undefined) return new CombotError("MODEL_INVALID", told);
  return new CombotError(shortageCodeOf(cause) ?? "MODEL_INVALID", told, { cause });
}
