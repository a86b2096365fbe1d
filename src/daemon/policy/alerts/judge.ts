import { ALERTS } from "../../../lib/protocol/alerts.ts";
import type { AlertName } from "../../../lib/protocol/alerts.ts";
import type { AlertReading, AlertThresholds } from "./reading.ts";
import type { AlertRule, Span } from "./rule.ts";
import { ALERT_RULES } from "./rules.ts";

interface Standing {
  /** Since when every reading was past the threshold. */
  readonly sinceMs: number;
  readonly firing: boolean;
  /** When it was told last; null before it fired. */
  readonly toldAtMs: number | null;
}

/** What alerts have seen so far. */
export interface AlertState {
  /** Oldest first, spread over the longest window. */
  readonly history: readonly AlertReading[];
  readonly standing: Readonly<Partial<Record<AlertName, Standing>>>;
}

export interface Verdict {
  readonly alert: AlertName;
  /** `reminder`: it has been firing all the while. */
  readonly change: "fired" | "reminder" | "resolved";
  readonly measured: number;
  readonly threshold: number;
}

export const QUIET: AlertState = { history: [], standing: {} };

/** Readings kept over the longest window, at most. */
const READINGS_KEPT = 300;
const REMIND_AFTER_MS = 4 * 60 * 60_000;

/** The next state, and what is to be told: each alert once when it fires, again after 4 h, and once when it resolves. */
export function judgeAlerts(
  state: AlertState,
  now: AlertReading,
  thresholds: AlertThresholds,
): { readonly state: AlertState; readonly verdicts: readonly Verdict[] } {
  const windows = ALERTS.map((alert) => ALERT_RULES[alert].windowMs(thresholds));
  const history = remember(state.history, now, Math.max(...windows));
  const standing: Partial<Record<AlertName, Standing>> = {};
  const verdicts: Verdict[] = [];
  for (const alert of ALERTS) {
    const rule = ALERT_RULES[alert];
    const earlier = oldestWithin(history, now, rule.windowMs(thresholds));
    const measured = rule.measure({ now, earlier }, thresholds);
    const threshold = rule.threshold(thresholds);
    const before = state.standing[alert];
    const { next, change } = step(before, rule, isPast(rule, measured, threshold, before), now.atMs, thresholds);
    if (next) standing[alert] = next;
    if (change) verdicts.push({ alert, change, measured: measured ?? 0, threshold });
  }
  return { state: { history, standing }, verdicts };
}

function step(
  before: Standing | undefined,
  rule: AlertRule,
  past: boolean,
  atMs: number,
  thresholds: AlertThresholds,
): { readonly next?: Standing; readonly change?: Verdict["change"] } {
  if (!past) return before?.firing ? { change: "resolved" } : {};
  const sinceMs = before?.sinceMs ?? atMs;
  if (before?.firing && before.toldAtMs !== null) {
    if (atMs - before.toldAtMs < REMIND_AFTER_MS) return { next: before };
    return { next: { ...before, toldAtMs: atMs }, change: "reminder" };
  }
  if (atMs - sinceMs < rule.forMs(thresholds)) return { next: { sinceMs, firing: false, toldAtMs: null } };
  return { next: { sinceMs, firing: true, toldAtMs: atMs }, change: "fired" };
}

/** What fires resolves only a little further off than where it began, so that it does not come and go. */
function isPast(
  { below = false, slack = 0 }: AlertRule,
  measured: number | null,
  threshold: number,
  before: Standing | undefined,
): boolean {
  if (measured === null) return false;
  const room = before?.firing ? slack : 0;
  return below ? measured < threshold + room : measured >= threshold - room;
}

function remember(history: readonly AlertReading[], now: AlertReading, windowMs: number): readonly AlertReading[] {
  const last = history.at(-1);
  if (last && now.atMs - last.atMs < windowMs / READINGS_KEPT) return history;
  return [...history.filter(({ atMs }) => now.atMs - atMs <= windowMs), now];
}

function oldestWithin(history: readonly AlertReading[], now: AlertReading, windowMs: number): Span["earlier"] {
  return history.find(({ atMs }) => now.atMs - atMs <= windowMs) ?? now;
}
