import { CombotError } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";

/** A fault of one file of a model folder; `cause` may say that it is none. */
export function invalid(path: string, detail: string, cause?: unknown): CombotError {
  const told = `${path}: ${detail}`;
  return cause === undefined ? new CombotError("MODEL_INVALID", told) : failureBy(cause, "MODEL_INVALID", told);
}
