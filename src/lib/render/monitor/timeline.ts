import type { Past } from "../../monitor/past.ts";
import { onStrokes } from "../../monitor/trends.ts";
import type { Decision } from "../../protocol/decisions.ts";
import type { HistoryPoint } from "../../protocol/history.ts";
import { MEMORY_LEVELS } from "../../protocol/memory-levels.ts";
import { formatDuration } from "../../units.ts";
import { joinFitting, span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import { sparkline } from "../sparkline.ts";
import type { RowSpace, Tone } from "./cells.ts";
import { LEVEL_TONES } from "./machine-rows.ts";

const LABEL_WIDTH = 10;
const DAY_MS = 86_400_000;

interface Mark {
  readonly letter: string;
  readonly tone: Tone;
  readonly words: string;
  readonly isOf: (decision: Decision) => boolean;
}

const GRAVE: readonly Decision["action"][] = ["unload all", "worker died", "hold", "refuse load", "keep one"];

/** What counts most stands first: of two decisions at one place it is the one that is drawn. */
const MARKS: readonly Mark[] = [
  {
    letter: "!",
    tone: "bad",
    words: "emergency or death",
    isOf: ({ action, reason }) => GRAVE.includes(action) || (action === "level" && reason === "emergency"),
  },
  { letter: "c", tone: "careful", words: "cleanup", isOf: ({ action }) => action.endsWith("cleanup") },
  { letter: "r", tone: "careful", words: "recycle", isOf: ({ action }) => action === "recycle" },
  { letter: "u", tone: "careful", words: "unload", isOf: ({ action }) => action.startsWith("unload") },
  { letter: "l", tone: "strong", words: "level", isOf: ({ action }) => action === "level" },
  { letter: "o", tone: "faint", words: "other", isOf: () => true },
];

/** Memory over the time around the moment, what was decided below it, and where on it the moment is. */
export function timeline(past: Past, { width, maxLines, glyphs }: RowSpace): Line[] {
  const { window, points, decisions, atMs } = past;
  const strokes = Math.max(1, width - LABEL_WIDTH);
  const spanMs = window.untilMs - window.fromMs;
  const placeOf = (ms: number): number =>
    Math.max(0, Math.min(strokes - 1, Math.floor(((ms - window.fromMs) / spanMs) * strokes)));
  const onIt = decisions.filter(({ at }) => Date.parse(at) >= window.fromMs && Date.parse(at) < window.untilMs);
  const marks = marksOf(onIt, placeOf);
  const told = MARKS.filter((mark) => marks.includes(mark)).map(({ letter, tone, words }): Line => [
    span(letter, tone),
    span(` ${words}`, "faint"),
  ]);
  const scale = `${formatDuration(spanMs)} of memory, each stroke of 100%`;
  return [
    [span("time line ", "faint"), ...memoryStrokes(onStrokes(points, window, strokes), strokes, { glyphs })],
    [span("".padEnd(LABEL_WIDTH)), ...markLine(marks, strokes)],
    [span("".padEnd(LABEL_WIDTH)), ...axis(window, { strokes, here: placeOf(atMs), mark: glyphs.here })],
    ...(maxLines > 1
      ? [[span("".padEnd(LABEL_WIDTH)), ...joinFitting([[span(scale, "faint")], ...told], strokes, "  ")]]
      : []),
  ];
}

function marksOf(decisions: readonly Decision[], placeOf: (ms: number) => number): readonly (Mark | undefined)[] {
  const marks: (Mark | undefined)[] = [];
  for (const decision of decisions) {
    const place = placeOf(Date.parse(decision.at));
    const mark = MARKS.find(({ isOf }) => isOf(decision));
    const before = marks[place];
    if (mark && (!before || MARKS.indexOf(mark) < MARKS.indexOf(before))) marks[place] = mark;
  }
  return marks;
}

function markLine(marks: readonly (Mark | undefined)[], strokes: number): Line {
  return merged(
    Array.from({ length: strokes }, (_, at) => {
      const mark = marks[at];
      return mark ? span(mark.letter, mark.tone) : span(" ");
    }),
  );
}

/** Each in the colour of its level. */
function memoryStrokes(
  stretches: readonly (readonly HistoryPoint[])[],
  width: number,
  { glyphs }: Pick<RowSpace, "glyphs">,
): Line {
  const usages = stretches.map((some) =>
    some.reduce<number | null>((most, { usage }) => (usage === null ? most : Math.max(most ?? 0, usage)), null),
  );
  const drawn = sparkline(usages, { width, glyphs, top: 1 });
  return merged(
    stretches.map((some, at) => {
      const level = Math.max(0, ...some.map((point) => MEMORY_LEVELS.indexOf(point.level)));
      return span(drawn[at] ?? " ", LEVEL_TONES[MEMORY_LEVELS[level] ?? "normal"]);
    }),
  );
}

function merged(spans: readonly Span[]): Line {
  const line: Span[] = [];
  for (const one of spans) {
    const last = line.at(-1);
    if (last && last.tone === one.tone) line[line.length - 1] = { ...last, text: last.text + one.text };
    else line.push(one);
  }
  return line;
}

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/** Times in UTC along the line; the mark of the moment takes the place of those that it would run into. */
function axis(
  { fromMs, untilMs }: Past["window"],
  { strokes, here, mark }: { readonly strokes: number; readonly here: number; readonly mark: string },
): Line {
  const isLong = untilMs - fromMs > DAY_MS;
  const cells = Array.from({ length: strokes }, () => " ");
  const free = (from: number, length: number): boolean =>
    from > here + 1 || from + length < here || from + length <= here - 1;
  for (const share of QUARTERS) {
    const iso = new Date(fromMs + (untilMs - fromMs) * share).toISOString();
    const label = isLong ? iso.slice(5, 10) : `${iso.slice(11, 16)}${share === 1 ? "Z" : ""}`;
    const from = Math.round((strokes - label.length) * share);
    if (free(from, label.length)) for (const [at, letter] of label.split("").entries()) cells[from + at] = letter;
  }
  const text = cells.join("");
  return [span(text.slice(0, here), "faint"), span(mark, "strong"), span(text.slice(here + 1), "faint")];
}
