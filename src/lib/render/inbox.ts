import { harmless } from "../harmless.ts";
import type { InboxForgetReply, InboxReply, InboxText } from "../protocol/inbox.ts";
import { formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";

const RIGHT = { align: "right" } as const;
const TEXT_COLUMNS = [
  { head: "ASKED", ...RIGHT },
  { head: "AMBIGUOUS", ...RIGHT },
  { head: "LAST" },
  { head: "SCORE", ...RIGHT },
  { head: "ANSWERED" },
  { head: "TEXT" },
];
const COUNT_COLUMNS = [{ head: "ASKED", ...RIGHT }, { head: "AMBIGUOUS", ...RIGHT }, { head: "ANSWERED" }];
const LEAST_TEXT = 20;

export interface InboxView {
  readonly nowMs: number;
  /** Of the terminal; undefined where texts stay whole. */
  readonly width: number | undefined;
  readonly paint: Paint;
}

/** The texts, the most frequent first; or what there is without them, and how to have them. */
export function renderInbox(reply: InboxReply, view: InboxView): string {
  const { texts, counts, textsKept } = reply;
  if (texts.length > 0) return [tableOf(texts, view), ...remarksOf(reply, view)].join("\n");
  if (counts.length === 0) return [nothingOf(reply), ...remarksOf(reply, view)].join("\n");
  const rows = counts.map(({ count, ambiguous, label }) => [String(count), String(ambiguous), harmless(label)]);
  const head = textsKept ? "No text without a label is left. All that was counted, by the label answered:" : null;
  return [...(head === null ? [] : [head]), renderTable(COUNT_COLUMNS, rows), ...remarksOf(reply, view)].join("\n");
}

function nothingOf({ model, decides }: InboxReply): string {
  const none = `No answer of ${harmless(model)} was unsure or ambiguous, as far as the journal goes back.`;
  return decides ? none : `${none} Its combot.json says nothing of scores: answers count of calls that do (minScore).`;
}

function remarksOf({ textsKept, decides, counts, texts }: InboxReply, { paint }: InboxView): string[] {
  const remarks: string[] = [];
  if (!decides && counts.length + texts.length === 0)
    remarks.push("combot model eval ROWS.csv --fit writes thresholds that suit it; combot docs improve begins there.");
  if (!textsKept) remarks.push(...HOW_TO_KEEP.map(paint.careful));
  return remarks.length === 0 ? [] : ["", ...remarks];
}

const HOW_TO_KEEP = [
  "Texts are not kept (JOURNAL_TEXT=off), so there are counts alone. To see which texts these are:",
  "  JOURNAL_TEXT=on in /etc/combot/combot.env, then sudo systemctl restart combot-enhanced",
  "That keeps what people wrote, in the journal and its backups, until JOURNAL_RETENTION_DAYS are over. Mail addresses,",
  "phone and card numbers and IBANs are masked first; names, addresses and all else are not. Whether that may be done is",
  "for whoever answers for their privacy to say: combot docs improve#privacy",
];

function tableOf(texts: readonly InboxText[], { nowMs, width, paint }: InboxView): string {
  const cells = texts.map(({ count, ambiguous, lastSeen, score, label, given, text }) => [
    String(count),
    String(ambiguous),
    `${formatDuration(Math.max(0, nowMs - Date.parse(lastSeen)))} ago`,
    score.toFixed(2),
    given === null ? harmless(label) : `${harmless(label)} -> ${harmless(given)}`,
    harmless(text.replaceAll(/\s/g, " ")),
  ]);
  const lines = renderTable(TEXT_COLUMNS, cells).split("\n");
  const cut = (line: string): string => (width === undefined ? line : line.slice(0, Math.max(width, LEAST_TEXT)));
  return [paint.faint(cut(lines[0] ?? "")), ...lines.slice(1).map(cut)].join("\n");
}

export function renderForgotten({ forgotten, backups }: InboxForgetReply): string {
  const rows = forgotten === 1 ? "1 row is" : `${forgotten} rows are`;
  const kept =
    backups === 0
      ? ""
      : `\nBackups from before still have them (${backups}, see combot backup --list); newer ones take their place one by one.`;
  return `${forgotten === 0 ? "Nothing of it was there." : `${rows} gone from the journal.`}${kept}`;
}
