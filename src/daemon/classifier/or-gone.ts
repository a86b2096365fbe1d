import { CombotError } from "../../lib/errors.ts";

/** @throws {CombotError} `CLIENT_GONE` as soon as the client has gone. */
export function orGone<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    outcome.then(resolve, reject);
    const leave = (): void => reject(new CombotError("CLIENT_GONE", "the client has gone"));
    if (signal.aborted) leave();
    // The request's own signal, which nobody else listens to and which goes with it.
    else signal.addEventListener("abort", leave, { once: true });
  });
}
