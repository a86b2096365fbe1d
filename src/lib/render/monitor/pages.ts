import type { Action, Mode } from "../../monitor/keys.ts";
import type { MonitorView } from "../../monitor/state.ts";
import { joinFitting, span } from "../line.ts";
import type { Line } from "../line.ts";
import { wrapWords } from "../words.ts";
import { headerLine } from "./header.ts";
import { decisionRows } from "./news-rows.ts";
import { renderScreen } from "./screen.ts";
import type { ScreenOptions } from "./screen.ts";

const QUESTIONS: Readonly<Record<Action, string>> = {
  recycle: "Replace every worker, one after another?",
  unload: "Unload the model? The next text loads it again.",
  cleanup: "End every worker in turn and empty the in-memory cache?",
};

const KEYS = ["q quit", "p pause", "r recycle", "u unload", "c clean up", "d decisions", "? help"];

const HELP: readonly (readonly [string, string])[] = [
  ["q", "quit; Ctrl-C does too"],
  ["p", "pause: the screen stands still, and goes on with p"],
  ["r", "replace every worker, one after another; no request is lost"],
  ["u", "unload the model: every worker ends; the next text loads it again"],
  ["c", "force cleanup: empty the in-memory cache and end every worker in turn"],
  ["d", "all decisions about memory that are known here, and back"],
  ["", ""],
  ["memory", "what can't be given out, of the limit; the marks are the four levels' thresholds"],
  ["steal", "time that the hypervisor gave to others; from 5% on it makes everything late"],
  ["pressure", "share of the last 10 s in which some / all tasks waited"],
  ["p50, p99", "of all calls answered in the last 5 to 10 s, from cache or model"],
  ["hit", "of the texts looked up: those that a cache answered"],
  ["users", "distinct users that a worker has answered for, of those after which it is replaced"],
  ["next", "the limit that a worker reaches first if it goes on as since its start"],
  ["trends", "the last five minutes; each stroke is the highest figure of its stretch"],
];

export interface PageOptions extends ScreenOptions {
  readonly height: number;
  readonly mode: Mode;
  /** What came of the last action. */
  readonly message?: string;
}

/** What the terminal shows: exactly as many lines as it has. */
export function renderPage(view: MonitorView, { mode, message, ...options }: PageOptions): readonly Line[] {
  const shown = { ...options, isPaused: mode.isPaused, footer: footerLine(mode, message, options.width) };
  if (mode.page === "table") return renderScreen(view, shown);
  const { width, height, glyphs, footer } = shown;
  const body =
    mode.page === "help" ? helpLines(width) : decisionRows(view.decisions, height - 3, { width, glyphs, maxLines: 1 });
  const lines = [headerLine(view, shown), [], ...body].slice(0, height - 1);
  return [...lines, ...Array.from({ length: height - 1 - lines.length }, () => []), footer];
}

function footerLine({ asking, page }: Mode, message: string | undefined, width: number): Line {
  if (asking !== null) return [span(`${QUESTIONS[asking]} [y/N]`, "strong")];
  if (message !== undefined) return [span(wrapWords(message, width)[0] ?? "", "strong")];
  const keys = page === "table" ? KEYS : [`${page === "help" ? "?" : "d"} back`, "q quit"];
  return joinFitting(
    keys.map((key) => [span(key.slice(0, 1), "strong"), span(key.slice(1), "faint")]),
    width,
    "  ",
  );
}

const NAME_WIDTH = 10;

function helpLines(width: number): Line[] {
  return HELP.flatMap(([name, words]) =>
    wrapWords(words, width - NAME_WIDTH).map((text, index) => [
      span((index === 0 ? name : "").padEnd(NAME_WIDTH), "strong"),
      span(text),
    ]),
  );
}
