import { CombotError } from "../../lib/errors.ts";
import { shortageOf } from "../../lib/shortage.ts";

/** A fault of one file of a model folder; none where the machine was short of what it takes to read it. */
export function invalid(path: string, detail: string, cause?: unknown): CombotError {
  const code = shortageOf(cause) === undefined ? "MODEL_INVALID" : "NO_PROCESS";
  return new CombotError(code, `${path}: ${detail}`, cause === undefined ? {} : { cause });
}
