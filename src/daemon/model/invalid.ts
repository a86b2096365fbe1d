import { CombotError } from "../../lib/errors.ts";

/** A fault of one file of a model folder. */
export function invalid(path: string, detail: string, cause?: unknown): CombotError {
  return new CombotError("MODEL_INVALID", `${path}: ${detail}`, cause === undefined ? {} : { cause });
}
