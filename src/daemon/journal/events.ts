import type { Alert } from "../../lib/protocol/alerts.ts";
import type { Decision } from "../../lib/protocol/decisions.ts";

export type EventKind = "decision" | "minute" | "moment" | "alert" | "texts" | "inbox" | "answers" | "models";

/** One event, ready to be written. */
export interface JournalEvent {
  readonly kind: EventKind;
  readonly json: string;
}

/** Of an alert that began or ended; its words are the release's own. */
export type KeptAlert = { readonly id: string } & Pick<
  Alert,
  "at" | "alert" | "severity" | "state" | "measured" | "threshold"
>;

/** What was measured in one minute, or in the part of it that the daemon ran. */
export type Minute = { readonly id: string; readonly at_ms: number } & Readonly<Record<string, number | string | null>>;

export function decisionEvent(decision: Decision): JournalEvent {
  const { id, at, action, reason } = decision;
  return event("decision", { id, at_ms: Date.parse(at), action, reason, body: decision });
}

export function alertEvent({ id, at, alert, severity, state, measured, threshold }: KeptAlert): JournalEvent {
  const body = { id, at, alert, severity, state, measured, threshold };
  return event("alert", { id, at_ms: Date.parse(at), name: alert, state, body });
}

export function minuteEvent(minute: Minute): JournalEvent {
  return event("minute", minute);
}

/** @param body as short as it can be: there is one a minute. */
export function momentEvent(id: string, atMs: number, body: PackedMoment): JournalEvent {
  return event("moment", { id, at_ms: atMs, body });
}

/** All that a monitor shows, compressed; `v` says how. */
export interface PackedMoment {
  readonly v: number;
  readonly z: string;
}

export interface CountedText {
  readonly digest: string;
  readonly count: number;
  readonly text: string | null;
}

/** Texts counted since the last such event. */
export function textsEvent(id: string, atMs: number, texts: readonly CountedText[]): JournalEvent {
  const rows = texts.map((text) => toJson({ id, at_ms: atMs, ...text }));
  return { kind: "texts", json: rows.join(",") };
}

/** A text whose answers were not accepted, or those of a label without their texts. */
export interface CountedUnsure {
  readonly model: string;
  readonly digest: string;
  readonly count: number;
  /** Of these, the ambiguous ones. */
  readonly ambiguous: number;
  /** Of the last one. */
  readonly label: string;
  readonly score: number;
  readonly text: string | null;
}

/** Answers that were not accepted since the last such event. */
export function inboxEvent(id: string, atMs: number, counted: readonly CountedUnsure[]): JournalEvent {
  const rows = counted.map((row) => toJson({ id, at_ms: atMs, ...row }));
  return { kind: "inbox", json: rows.join(",") };
}

/** What was decided of one model's answers in a minute. */
export interface DecidedMinute {
  readonly model: string;
  /** Tells what decided: the model and what it wants of answers. */
  readonly basis: string;
  readonly decided: number;
  /** Of these, those not accepted. */
  readonly unsure: number;
}

export function answersEvent(id: string, atMs: number, minute: DecidedMinute): JournalEvent {
  return event("answers", { id, at_ms: atMs, ...minute });
}

/** What came of one model in a minute, by the columns of the table. */
export type ModelMinuteRow = { readonly model: string } & Readonly<Record<string, number | string | null>>;

/** A row for each model that anything came of. */
export function modelsEvent(id: string, atMs: number, rows: readonly ModelMinuteRow[]): JournalEvent {
  const json = rows.map((row, at) => toJson({ id: `${id}m${at.toString(36)}`, at_ms: atMs, ...row }));
  return { kind: "models", json: json.join(",") };
}

function event(kind: EventKind, row: object): JournalEvent {
  return { kind, json: toJson(row) };
}

/** Postgres takes neither NUL nor half a surrogate pair, and a message of the system may hold anything. */
function toJson(row: object): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value,
  );
}
