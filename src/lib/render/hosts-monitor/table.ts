import type { Standing } from "../../monitor/host-standing.ts";
import { MEMORY_LEVELS } from "../../protocol/memory-levels.ts";
import type { Glyphs } from "../glyphs.ts";
import { printable, span, widthOf, type Line, type Span } from "../line.ts";
import { rateOf, shareOf, shorten } from "../monitor/cells.ts";
import { fittedTable, type FittedColumn } from "../monitor/fitted-table.ts";
import { LEVEL_TONES } from "../monitor/machine-rows.ts";
import { NONE, shortCount, shortMs } from "../words.ts";

const COLUMNS: readonly FittedColumn[] = [
  { head: "HOST", spare: 0 },
  { head: "STATE", spare: 0 },
  { head: "MEM", align: "right", spare: 1 },
  { head: "LEVEL", spare: 1 },
  { head: "REQ/S", align: "right", spare: 2 },
  { head: "P99MS", align: "right", spare: 3 },
  { head: "HIT", align: "right", spare: 5 },
  { head: "QUEUE", align: "right", spare: 6 },
  { head: "ALERTS", align: "right", spare: 4 },
  { head: "VERSION", spare: 7 },
  { head: "DIGEST", spare: 8 },
  { head: "MODEL", spare: 9 },
];

/** Of a digest, so many digits tell models apart. */
const DIGITS = 8;
const LONGEST_MODEL = 24;
/** Of what is one of a few words where a host is as it should be. */
const LONGEST_WORD = 16;
/** A host's name takes no more than this share of a line, or these columns. */
const HOST_SHARE = 0.25;
const SHORTEST_HOST = 12;

export interface TableSpace {
  readonly width: number;
  readonly glyphs: Glyphs;
}

/** The head, and a line a host: figures in columns, or why there are none over all of them. */
export function hostsTable(standings: readonly Standing[], { width, glyphs }: TableSpace): Line[] {
  const longest = longestHost(width);
  const rows = standings.map((one) => {
    const name = span(cut(one.host, longest, glyphs.more));
    return one.figures === null
      ? [name]
      : [name, span(wordOf(one.state, glyphs.more), one.tone), ...cellsOf(one, glyphs.more)];
  });
  const [head = [], ...lines] = fittedTable(COLUMNS, rows, width);
  return [
    head,
    ...lines.map((line, at) => {
      const one = standings[at];
      // The first column alone is three spans, of gap, cell and blanks.
      return one && one.figures === null ? withWords(line.slice(0, 3), one, { width, glyphs }) : line;
    }),
  ];
}

function withWords(lead: Line, { state, tone, words }: Standing, { width, glyphs }: TableSpace): Line {
  const line = [...lead, span(" "), span(wordOf(state, glyphs.more), tone), span(" ")];
  return [...line, span(shorten(printable(words), Math.max(0, width - widthOf(line)), glyphs))];
}

function cellsOf({ figures }: Standing, more: string): Span[] {
  if (figures === null) return [];
  const { level, usage, perSecond, p99Ms, hitRate, waiting, version, model, digest, troubles } = figures;
  const alerts = troubles.filter(({ isAlert }) => isAlert).length;
  const known = MEMORY_LEVELS.find((one) => one === level);
  return [
    span(shareOf(usage)),
    span(wordOf(level ?? NONE, more), known && LEVEL_TONES[known]),
    span(rateOf(perSecond)),
    span(shortMs(p99Ms)),
    span(shareOf(hitRate)),
    span(waiting === null ? NONE : shortCount(waiting)),
    span(String(alerts), alerts > 0 ? "bad" : undefined),
    span(wordOf(version ?? NONE, more)),
    span(printable((digest ?? NONE).replace(/^sha256:/, "")).slice(0, DIGITS)),
    span(cut(model ?? NONE, LONGEST_MODEL, more)),
  ];
}

function wordOf(text: string, more: string): string {
  return cut(text, LONGEST_WORD, more);
}

export function longestHost(width: number): number {
  return Math.max(SHORTEST_HOST, Math.floor(width * HOST_SHARE));
}

/** A name has no words to be cut at. */
export function cut(text: string, longest: number, more: string): string {
  return text.length <= longest ? printable(text) : printable(text.slice(0, longest - more.length)) + more;
}
