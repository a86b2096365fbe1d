import type { Decision, DecisionsReply } from "../protocol/decisions.ts";
import { formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { NONE, cameBack, percent, shortCount } from "./words.ts";

/** Fixed, so that rows which come one by one stand under the same head; with a slot behind them they have 80 columns. */
const COLUMNS = [
  { head: "TIME", width: 20 },
  { head: "ACTION", width: 12 },
  { head: "REASON", width: 9 },
  { head: "MEASURED, BY", width: 14 },
  { head: "FREED", width: -8 },
  { head: "TOOK", width: -5 },
  { head: "DETAIL", width: 0 },
] as const;

const IN_COUNTS: readonly string[] = ["users", "requests"];
const IN_SECONDS: readonly string[] = ["uptime", "idle"];

export interface DecisionWords {
  /** The arithmetic as well. Without it, a detail is told only of what was not measured: there it says what happened. */
  readonly isVerbose: boolean;
  /** What is behind this column is left out, unless it was asked for; undefined = nothing is. */
  readonly width?: number | undefined;
}

const WHOLE: DecisionWords = { isVerbose: true };

export function renderDecisions({ decisions, missing }: DecisionsReply, paint: Paint, words = WHOLE): string {
  if (decisions.length === 0) return missing === undefined ? "No decisions." : "No decisions of this run.";
  return [renderDecisionHead(paint), ...decisions.map((decision) => renderDecision(decision, words))].join("\n");
}

/** What a list is not whole without. */
export function renderMissing(missing: string): string {
  return `Those of earlier runs are missing, the journal can't be read: ${missing.replaceAll(/\s+/g, " ")}`;
}

export function renderDecisionHead(paint: Paint): string {
  return paint.faint(line(COLUMNS.map(({ head }) => head)));
}

/** One line, whatever its detail holds. */
export function renderDecision(decision: Decision, { isVerbose, width }: DecisionWords = WHOLE): string {
  const { at, action, reason, measured, freedBytes, durationMs, slot, model, by } = decision;
  const detail = isVerbose || measured === null ? (decision.detail ?? "") : "";
  const where = [model, slot === undefined ? "" : `slot ${slot}`].filter(Boolean).join(" ");
  const whole = line([
    `${at.slice(0, 19).replace("T", " ")}Z`,
    action,
    reason,
    by ?? measuredOf(decision),
    freedBytes === null ? NONE : cameBack(freedBytes),
    durationMs === 0 ? NONE : formatDuration(durationMs),
    [where, detail.replaceAll(/\s+/g, " ")].filter(Boolean).join("; "),
  ]);
  return isVerbose || width === undefined || whole.length <= width
    ? whole
    : `${whole.slice(0, width - 3).trimEnd()}...`;
}

/** `50 of 50` users, `4h of 4h` uptime, `91% of 90%` memory. */
export function measuredOf({ reason, measured, threshold }: Decision): string {
  if (measured === null) return NONE;
  const told = IN_COUNTS.includes(reason) ? shortCount : IN_SECONDS.includes(reason) ? seconds : percent;
  return threshold === null ? told(measured) : `${told(measured)} of ${told(threshold)}`;
}

function seconds(count: number): string {
  return formatDuration(count * 1000);
}

function line(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index]?.width ?? 0;
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  });
  return padded.join(" ").trimEnd();
}
