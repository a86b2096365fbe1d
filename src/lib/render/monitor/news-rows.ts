import { matches } from "../../monitor/entries.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { Alert } from "../../protocol/alerts.ts";
import type { Decision } from "../../protocol/decisions.ts";
import type { Health } from "../../protocol/health.ts";
import { formatDuration } from "../../units.ts";
import { cameBack } from "../words.ts";
import { measuredOf } from "../decisions.ts";
import { joinFitting, printable, span, widthOf } from "../line.ts";
import type { Line } from "../line.ts";
import { row, shorten, timeOf } from "./cells.ts";
import type { RowSpace, Tone } from "./cells.ts";

const TEXT_FROM = 10;

/** Lines of an alert, where there is room for more than one: what to do about it stands at its end. */
const ALERT_LINES = 2;

/** What is not as it should be: checks that fail, then alerts that fire, the oldest first. */
export function alertRows({ sample, link }: Pick<MonitorView, "sample" | "link">, space: RowSpace): Line[] {
  if (!sample && link.state === "connecting") return [];
  const news = sample ? [...checksOf(sample.health), ...sample.alerts.map(alertOf)] : [absence(link)];
  const rows = news.flatMap((one) => newsLines(one, space));
  if (rows.length === 0) return row("alerts", [[span("none", "good")]], space);
  return rows.map((line, index) => [span((index === 0 ? "alerts" : "").padEnd(TEXT_FROM), "faint"), ...line]);
}

interface News {
  readonly lead: string;
  readonly tone: Tone;
  readonly words: string;
}

function absence({ state, detail }: MonitorView["link"]): News {
  return { lead: `daemon ${state}: `, tone: "bad", words: detail };
}

function checksOf({ checks }: Health): News[] {
  return Object.entries(checks).flatMap(([name, { status, detail }]) => {
    if (status === "ok" || status === "off") return [];
    return [{ lead: `${name} ${status}: `, tone: status === "unhealthy" ? "bad" : "careful", words: detail }];
  });
}

function alertOf({ alert, severity, summary, help }: Alert): News {
  return {
    lead: `${severity} ${alert}: `,
    tone: severity === "warning" ? "careful" : "bad",
    words: `${summary} ${help}`,
  };
}

function newsLines({ lead, tone, words }: News, { width, maxLines, glyphs }: RowSpace): Line[] {
  const room = width - TEXT_FROM;
  const text = printable(words);
  if (maxLines === 1 || lead.length + text.length <= room)
    return [[span(lead, tone), span(shorten(text, room - lead.length, glyphs))]];
  const first = shorten(text, room - lead.length, { ...glyphs, more: "" });
  const rest = shorten(text.slice(first.length).trim(), room * (ALERT_LINES - 1), glyphs);
  return [[span(lead, tone), span(first)], [span(rest)]];
}

/** Newest first. */
export function decisionRows(decisions: readonly Decision[], count: number, space: RowSpace, filter = ""): Line[] {
  const shown = decisions
    .filter((one) => matches(wordsOf(one), filter))
    .slice(-count)
    .toReversed();
  if (shown.length === 0) return row("decisions", [filter === "" ? "none yet" : `none with ${filter}`], space);
  return shown.map((decision, index) => [
    span((index === 0 ? "decisions" : "").padEnd(TEXT_FROM), "faint"),
    ...decisionLine(decision, space),
  ]);
}

function wordsOf({ at, action, reason, slot, detail = "" }: Decision): string {
  return `${at} ${action} ${reason} ${slot === undefined ? "" : `slot ${slot}`} ${detail}`;
}

/** What a decision's detail must have room for to be begun at all. */
const LEAST_DETAIL = 24;

function decisionLine(decision: Decision, { width, glyphs }: RowSpace): Line {
  const { at, action, reason, slot, freedBytes, durationMs, detail = "" } = decision;
  const lead = `${timeOf(new Date(at))} `;
  const room = width - TEXT_FROM - lead.length;
  const measured = decision.measured === null ? "" : `, ${measuredOf(decision)}`;
  const facts = [
    `${action}: ${reason}${measured}`,
    slot === undefined ? "" : `slot ${slot}`,
    freedBytes === null ? "" : `${cameBack(freedBytes)} freed`,
    durationMs === 0 ? "" : `in ${formatDuration(durationMs)}`,
  ];
  const told = joinFitting(facts.filter(Boolean), room, "; ");
  const left = room - widthOf(told) - 2;
  const words = shorten(printable(detail.replaceAll(/\s+/g, " ")), left, glyphs);
  const isWhole = detail !== "" && (words.length >= LEAST_DETAIL || !words.endsWith(glyphs.more));
  return [span(lead, "faint"), ...told, span(isWhole && words !== "" ? `; ${words}` : "")];
}
