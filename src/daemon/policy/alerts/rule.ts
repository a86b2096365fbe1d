import type { Severity } from "../../../lib/protocol/alerts.ts";
import type { AlertReading, AlertThresholds } from "./reading.ts";

/** The reading of now, and the oldest one within the rule's window. */
export interface Span {
  readonly now: AlertReading;
  readonly earlier: AlertReading;
}

/** One row of the table that the daemon judges by, and that docs/alerts.md and the Prometheus rules are made of. */
export interface AlertRule {
  readonly severity: Severity;
  /** One line, for whoever is woken. */
  readonly summary: string;
  readonly cause: string;
  /** What to do, with the command. */
  readonly help: string;
  /** How long it must hold before it fires. */
  readonly forMs: (thresholds: AlertThresholds) => number;
  /** How far back `measure` looks; 0 = now alone. */
  readonly windowMs: (thresholds: AlertThresholds) => number;
  readonly threshold: (thresholds: AlertThresholds) => number;
  /** Null: nothing to judge by, such as a sample that is too small; then nothing fires, and what fires resolves. */
  readonly measure: (span: Span, thresholds: AlertThresholds) => number | null;
  /**
   * The same of what Prometheus has scraped: a PromQL expression in parentheses or of the highest precedence.
   *
   * @param window `windowMs` as PromQL has it: `5m`.
   */
  readonly promql: (window: string) => string;
  /** What is measured, in words, with its sample. */
  readonly measures: string;
  /** `below`: it fires where the measured value is under the threshold rather than at it or over it. */
  readonly below?: boolean;
  /** How far back over the threshold it must be to resolve. */
  readonly slack?: number;
}

export const SECOND = 1000;

export const atOnce = (): number => 0;

/** Labels of one daemon, by which series of different metrics belong together. */
export const SAME = "on (job, instance)";

type FlagPart = "windowMs" | "threshold" | "measure" | "promql" | "measures";

/** Something that is so or not; `metric` is 1 where it is. */
export function flag(
  measures: string,
  isSet: (reading: AlertReading) => boolean,
  promql: string,
): Pick<AlertRule, FlagPart> {
  return {
    measures,
    windowMs: atOnce,
    threshold: () => 1,
    measure: ({ now }) => Number(isSet(now)),
    promql: () => promql,
  };
}

/** A share of what happened within the window, from a least count on. */
export function shareOf(part: number, whole: number, least: number): number | null {
  return whole < least ? null : part / whole;
}
