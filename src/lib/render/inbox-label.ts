import { formatDuration } from "../units.ts";
import type { InboxText } from "../protocol/inbox.ts";
import { span } from "./line.ts";
import type { Line } from "./line.ts";
import { wrapWords } from "./words.ts";

export interface LabelView {
  readonly model: string;
  readonly text: InboxText | undefined;
  /** How many of how many have been gone through, and how many labels that gave. */
  readonly done: number;
  readonly of: number;
  readonly labelled: number;
  /** With the key of each, those that match what is typed. */
  readonly labels: readonly { readonly key: string; readonly label: string }[];
  readonly typing: string | null;
  readonly message: string | undefined;
  readonly nowMs: number;
  readonly width: number;
  readonly height: number;
}

const LONGEST_NAME = 28;
const TEXT_LINES = 6;

/** One text at a time, the labels below with their keys; as many lines as the terminal has. */
export function renderLabelling(view: LabelView): readonly Line[] {
  const { height, message } = view;
  const head = [headOf(view), [], ...textOf(view), []];
  const foot = [[], message === undefined ? keysOf(view) : [span(message, "careful")]];
  const room = Math.max(0, height - head.length - foot.length);
  const labels = view.text ? labelsOf(view).slice(0, room) : [];
  const blank = Array.from({ length: Math.max(0, room - labels.length) }, (): Line => []);
  return [...head, ...labels, ...blank, ...foot].slice(0, height);
}

function headOf({ model, done, of, labelled }: LabelView): Line {
  return [span(`Inbox of ${model}`, "strong"), span(`: ${done} of ${of} gone through, ${labelled} labelled`)];
}

function textOf({ text, width, nowMs, labelled }: LabelView): readonly Line[] {
  if (!text) {
    const next = labelled > 0 ? "combot model train ROWS.csv --from-inbox --out DIR makes a model of them." : "";
    return [[span("That was the last one.")], [span(next)]];
  }
  const lines = wrapWords(text.text, Math.max(20, width - 4));
  const shown = lines.slice(0, TEXT_LINES).map((line): Line => [span(`  ${line}`, "strong")]);
  const ago = formatDuration(Math.max(0, nowMs - Date.parse(text.lastSeen)));
  const how = text.ambiguous === text.count ? "ambiguous" : text.ambiguous === 0 ? "unsure" : "unsure or ambiguous";
  const told = `  asked ${text.count} times, last ${ago} ago; ${how}, answered ${text.label} ${text.score.toFixed(2)}`;
  return [...shown, [span(told, "faint")]];
}

function labelsOf({ labels, width }: LabelView): readonly Line[] {
  const longest = Math.min(LONGEST_NAME, Math.max(8, ...labels.map(({ label }) => label.length)));
  const columns = Math.max(1, Math.floor(width / (longest + 4)));
  const rows = Math.ceil(labels.length / columns);
  return Array.from({ length: rows }, (_, row): Line =>
    Array.from({ length: columns }, (__, column) => labels[column * rows + row]).flatMap((entry) =>
      entry ? [span(` ${entry.key} `, "good"), span(entry.label.slice(0, longest).padEnd(longest + 1))] : [],
    ),
  );
}

function keysOf({ text, typing }: LabelView): Line {
  if (typing !== null) return [span(`/${typing}_`, "strong"), span("  Enter takes the first, Esc goes back", "faint")];
  const keys = text
    ? `Enter ${text.label} · Space pass over · Backspace undo · / find or new · Esc end`
    : "Backspace undo · Enter end";
  return [span(keys, "faint")];
}
