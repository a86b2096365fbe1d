import type { Measured, TargetName, Targets } from "../verdict/targets.ts";
import { judgeTargets } from "../verdict/targets.ts";
import type { TargetVerdict } from "../../protocol/perf.ts";

/** What a rate is held or missed by. */
export interface StepFigures {
  readonly ratePerSecond: number;
  readonly begun: number;
  readonly failed: number;
  /** Answers that came before the step was over. */
  readonly answeredInTime: number;
  /** p50 in each of its three windows. */
  readonly medians: readonly (number | null)[];
  /** Why it was broken off, where it was. */
  readonly stopped: string | null;
  readonly measured: Readonly<Record<TargetName, Measured>>;
}

export interface StepVerdict {
  /** `unsteady`: the three windows lie too far apart to tell; a longer look may. */
  readonly verdict: "held" | "missed" | "unsteady";
  readonly why: string | null;
  /** Missed by figures that may have come of the moment. */
  readonly isClose: boolean;
  readonly targets: readonly TargetVerdict[];
}

/** Medians of windows that lie further apart than this, and than this share of what is allowed, are no steady state. */
const STEADY_FACTOR = 1.25;
const STEADY_SHARE = 0.05;
const STEADY_MS = 5;
/** Where no latency is wanted. */
export const LONGEST_WAIT_MS = 5000;

/** @param isLast no longer look follows: what is unsteady is judged all the same. */
export function judgeStep(figures: StepFigures, targets: Targets, isLast: boolean): StepVerdict {
  const { stopped, measured, medians } = figures;
  const limitMs = targets.get("p99") ?? LONGEST_WAIT_MS;
  const verdicts = judgeTargets(targets, measured);
  const missed = (why: string, isClose = false): StepVerdict => ({
    verdict: "missed",
    why,
    isClose,
    targets: verdicts,
  });
  const held: StepVerdict = { verdict: "held", why: null, isClose: false, targets: verdicts };
  if (stopped !== null) return missed(stopped);
  if (figures.begun === 0) return missed("nothing was asked");
  const behind = behindWords(figures, limitMs);
  if (behind !== null) return missed(behind);
  const failing = verdicts.filter(({ pass }) => pass === false).map(({ what }) => what);
  if (failing.length > 0) return missed(`missed: ${failing.join(", ")}`, true);
  if (isSteady(medians, limitMs)) return held;
  if (!isLast) return { ...held, verdict: "unsteady", why: "its three windows lie too far apart" };
  return isRising(medians) ? missed("latency rose from window to window") : held;
}

/** More asked than was answered: by Little's law, what waits at the end waits longer than is allowed. */
export function isBehind(ratePerSecond: number, pending: number, limitMs: number): boolean {
  const allowed = (ratePerSecond * limitMs) / 1000;
  return pending > allowed + 3 * Math.sqrt(allowed) + 5;
}

function behindWords({ ratePerSecond, begun, failed, answeredInTime }: StepFigures, limitMs: number): string | null {
  const pending = begun - failed - answeredInTime;
  return isBehind(ratePerSecond, pending, limitMs) ? `saturated: ${pending} requests were waiting at its end` : null;
}

function isSteady(medians: readonly (number | null)[], limitMs: number): boolean {
  const known = medians.filter((one) => one !== null);
  if (known.length < medians.length || known.length === 0) return false;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return most <= least * STEADY_FACTOR || most - least <= Math.max(STEADY_MS, limitMs * STEADY_SHARE);
}

function isRising(medians: readonly (number | null)[]): boolean {
  return medians.every((one, at) => at === 0 || (one ?? 0) > (medians[at - 1] ?? 0));
}
