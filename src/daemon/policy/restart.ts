/** A worker process that ended before it could serve: times of one clock, in ms. */
export interface BootFailure {
  readonly atMs: number;
  readonly detail: string;
}

export type RestartVerdict =
  | { readonly act: "start" }
  | { readonly act: "wait"; readonly untilMs: number }
  | { readonly act: "hold"; readonly reason: string };

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;
const HOLD_AFTER = 5;
const HOLD_WINDOW_MS = 10 * 60_000;

/**
 * Whether a worker may be started now. Each failure in a row doubles the wait, from 1 s to 60 s; five within ten
 * minutes hold the pool, since a worker that can't boot won't learn to by trying, and each try costs what a load costs.
 *
 * @param failures oldest first, since the last worker that came to serve.
 */
export function judgeRestart(failures: readonly BootFailure[], nowMs: number): RestartVerdict {
  const last = failures.at(-1);
  if (!last) return { act: "start" };
  const recent = failures.filter((failure) => nowMs - failure.atMs < HOLD_WINDOW_MS);
  if (recent.length >= HOLD_AFTER) {
    return { act: "hold", reason: `${recent.length} workers ended before they served, the last one: ${last.detail}` };
  }
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (failures.length - 1), LONGEST_DELAY_MS);
  const untilMs = last.atMs + delayMs;
  return nowMs >= untilMs ? { act: "start" } : { act: "wait", untilMs };
}
