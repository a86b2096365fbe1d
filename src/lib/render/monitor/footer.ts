import type { Action, Mode } from "../../monitor/mode.ts";
import { printable, span, widthOf } from "../line.ts";
import type { Line } from "../line.ts";
import type { Glyphs } from "../glyphs.ts";
import { wrapWords } from "../words.ts";
import type { PageOptions } from "./options.ts";

const QUESTIONS: Readonly<Record<Action, string>> = {
  recycle: "Replace every worker, one after another?",
  unload: "Unload the model? The next text loads it again.",
  load: "Load the model?",
  pin: "Keep the model: end it neither to make room nor for being idle?",
  unpin: "Let the model go again when it is idle, or others want its room?",
  cleanup: "End every worker in turn and empty the in-memory cache?",
};

export interface Offer {
  readonly key: string;
  readonly does: string;
  /** Where there is no room for all of them, those with the highest go first. */
  readonly spare: number;
  readonly changes?: true;
  /** Of use where there are several models. */
  readonly ofSeveral?: true;
}

const LIVE: readonly Offer[] = [
  { key: "q", does: "quit", spare: 0 },
  { key: "p", does: "pause", spare: 3 },
  { key: "h", does: "past", spare: 1 },
  { key: "enter", does: "detail", spare: 8 },
  { key: "l", does: "log", spare: 1 },
  { key: "/", does: "filter", spare: 2 },
  { key: "s", does: "sort", spare: 4 },
  { key: "r", does: "recycle", spare: 5, changes: true },
  { key: "u", does: "unload", spare: 6, changes: true },
  { key: "c", does: "clean up", spare: 7, changes: true },
  { key: "L", does: "load", spare: 9, changes: true, ofSeveral: true },
  { key: "P", does: "pin", spare: 9, changes: true, ofSeveral: true },
  { key: "d", does: "decisions", spare: 3 },
  { key: "?", does: "help", spare: 0 },
];

function pastOffers({ spark }: Glyphs): readonly Offer[] {
  const isAscii = spark.startsWith("_");
  return [
    { key: "h", does: "now", spare: 0 },
    { key: isAscii ? "left right" : "← →", does: "minute", spare: 1 },
    { key: "< >", does: "hour", spare: 2 },
    { key: isAscii ? "pgup pgdn" : "PgUp PgDn", does: "day", spare: 5 },
    { key: "n N", does: "decision", spare: 3 },
    { key: "g", does: "go to", spare: 4 },
    { key: "+ -", does: "zoom", spare: 6 },
    { key: "enter", does: "detail", spare: 7 },
    { key: "l", does: "log", spare: 6 },
    { key: "q", does: "quit", spare: 4 },
    { key: "?", does: "help", spare: 0 },
  ];
}

const PAGE_KEYS: Readonly<Record<Exclude<Mode["page"], "table">, string>> = {
  help: "?",
  decisions: "d",
  detail: "enter",
};

/** The last line: what is asked or typed, what came of the last key, or which keys there are. */
export function footerLine({ mode, message, width, glyphs, isReadOnly = false, isSeveral = false }: PageOptions): Line {
  const { asking, target, typing, page, pastMs, filter } = mode;
  if (asking !== null) return [span(`${questionOf(asking, target)} [y/N]`, "strong")];
  if (typing !== null) {
    const what = typing.what === "filter" ? "/" : "go to (14:30, 11-28 14:30, 2h): ";
    return [span(`${what}${typing.text}_`, "strong")];
  }
  if (message !== undefined) return [span(wrapWords(message, width)[0] ?? "", "strong")];
  if (page !== "table") {
    const back = { key: PAGE_KEYS[page], does: "back", spare: 0 };
    return offered([back, ...(pastMs === null ? [] : pastOffers(glyphs).slice(1, 5)), LIVE[0]!], width);
  }
  const isOffered = ({ changes, ofSeveral }: Offer): boolean => !(changes && isReadOnly) && (isSeveral || !ofSeveral);
  const offers = pastMs === null ? LIVE.filter(isOffered) : pastOffers(glyphs);
  const marks = filter === "" ? [] : [span(`filter: ${filter} (esc clears)  `, "careful")];
  return [...marks, ...offered(offers, width - widthOf(marks))];
}

function questionOf(asking: Action, target: string | null): string {
  return target === null ? QUESTIONS[asking] : QUESTIONS[asking].replace("the model", printable(target));
}

/** As many keys as there is room for. */
export function offered(offers: readonly Offer[], width: number): Line {
  const shown = new Set(offers);
  const needed = (): number => [...shown].reduce((sum, { key, does }) => sum + key.length + does.length + 3, -2);
  for (const offer of offers.toSorted((a, b) => b.spare - a.spare)) {
    if (needed() > width && offer.spare > 0) shown.delete(offer);
  }
  return offers
    .filter((offer) => shown.has(offer))
    .flatMap(({ key, does }, index) => [span(index === 0 ? "" : "  "), span(key, "strong"), span(` ${does}`, "faint")]);
}
