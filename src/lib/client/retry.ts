import { setTimeout as sleep } from "node:timers/promises";
import { systemCodeOf } from "../errors.ts";

const FIRST_DELAY_MS = 25;
const LONGEST_DELAY_MS = 250;

export interface RetryOptions {
  /** From the first failure on; 0 = try once. */
  readonly forMs: number;
  readonly isWorthIt: (thrown: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told once, when nobody listens and it will be tried again. */
  readonly onAbsent?: (() => void) | undefined;
}

/** Tries again, ever more slowly, until it works, the time is up or the failure is another; then throws the last one. */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { forMs, isWorthIt, signal, onAbsent } = options;
  let failedAtMs: number | undefined;
  let isTold = false;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await attempt();
    } catch (thrown) {
      failedAtMs ??= performance.now();
      if (!isWorthIt(thrown) || performance.now() - failedAtMs + delayMs > forMs) throw thrown;
      if (!isTold && isAbsent(thrown)) {
        isTold = true;
        onAbsent?.();
      }
    }
    await sleep(delayMs, undefined, signal ? { signal } : {});
  }
}

/** Nobody listens: the daemon is down, or between two lives. */
export function isAbsent(thrown: unknown): boolean {
  return ["ECONNREFUSED", "ENOENT"].includes(systemCodeOf(thrown) ?? "");
}

/** The connection ended before the reply: it may or may not have been acted on. */
export function isCutOff(thrown: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(systemCodeOf(thrown) ?? "");
}
