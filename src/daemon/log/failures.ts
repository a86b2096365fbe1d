import { CombotError } from "../../lib/errors.ts";
import type { Logger } from "./log.ts";

/** What nobody waits for has failed: one that somebody can mend is told in a line, and of a defect the log has the stack. */
export function logFailure(log: Logger, what: string): (error: unknown) => void {
  return (error) => {
    const known = [error, error instanceof Error ? error.cause : undefined].find((one) => one instanceof CombotError);
    if (known) log.warn({ code: known.code, reason: known.message }, what);
    else log.error({ err: error }, what);
  };
}
