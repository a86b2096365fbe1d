import { matches } from "../../monitor/entries.ts";
import type { LogLine, LogTail } from "../../monitor/log-line.ts";
import { printable, span } from "../line.ts";
import type { Line } from "../line.ts";
import { wrapWords } from "../words.ts";
import { timeOf } from "./cells.ts";
import type { RowSpace, Tone } from "./cells.ts";

const TONES: Readonly<Partial<Record<LogLine["level"], Tone>>> = { warn: "careful", error: "bad", fatal: "bad" };
const LEVEL_WIDTH = 6;

/** The newest lines of the log that fit, the last one at the bottom; cut where they are longer than it is wide. */
export function logPanel(
  log: LogTail | undefined,
  height: number,
  { width, glyphs }: Pick<RowSpace, "width" | "glyphs">,
  filter: string,
): Line[] {
  if (height <= 0) return [];
  const found = (log?.lines ?? []).filter((line) => matches(`${line.level} ${line.text}`, filter));
  const head = span(filter === "" ? "log" : `log, with ${filter}`, "faint");
  const told = found.slice(-(height - 1)).map((line) => lineOf(line, width, glyphs.more));
  const none = log?.fault ?? (log ? "nothing to be seen" : "being read");
  const body = told.length > 0 ? told : wrapWords(printable(none), width).map((text): Line => [span(text)]);
  const lines = [[head], ...body].slice(0, height);
  return [...lines, ...Array.from({ length: height - lines.length }, (): Line => [])];
}

function lineOf({ atMs, level, text }: LogLine, width: number, more: string): Line {
  const time = atMs === null ? "" : `${timeOf(new Date(atMs))} `;
  const words = level === "" ? "" : level.padEnd(LEVEL_WIDTH);
  const room = Math.max(0, width - time.length - words.length);
  const said = printable(text);
  const shown = said.length <= room ? said : `${said.slice(0, Math.max(0, room - more.length))}${more}`;
  return [span(time, "faint"), span(words, TONES[level]), span(shown)];
}
