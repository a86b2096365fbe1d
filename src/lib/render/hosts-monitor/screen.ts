import type { Standing } from "../../monitor/host-standing.ts";
import { formatDuration } from "../../units.ts";
import type { Glyphs } from "../glyphs.ts";
import { joinFitting, printable, span, widthOf, type Line } from "../line.ts";
import { shorten, timeOf, type Tone } from "../monitor/cells.ts";
import { offered, type Offer } from "../monitor/footer.ts";
import { apart } from "../monitor/header.ts";
import { cut, hostsTable, longestHost, type TableSpace } from "./table.ts";
import { ownEntry } from "../../own-entry.ts";

export interface HostsScreenOptions extends TableSpace {
  /** Absent: as many lines as there are. */
  readonly height?: number;
  readonly clock: Date;
  /** Absent where it is shown once. */
  readonly intervalMs?: number;
  /** The host that is shown first, where there is no room for all. */
  readonly from?: number;
  readonly isWorstFirst?: boolean;
}

/** Header, blank, head of the table; the footer. */
const AROUND = 3;
const FOOTER = 1;
/** Of the room for hosts and what is wrong with them, the latter takes no more where hosts have to be left out. */
const TROUBLE_SHARE = 1 / 3;

/** One row a host, and what is wrong where: no line longer than the width, and no more of them than there is height. */
export function renderHostsScreen(asListed: readonly Standing[], options: HostsScreenOptions): readonly Line[] {
  const { width, height, isWorstFirst = false } = options;
  const standings = isWorstFirst ? asListed.toSorted((a, b) => a.rank - b.rank) : asListed;
  const [tableHead = [], ...rows] = hostsTable(standings, options);
  const troubles = troubleLines(standings, options);
  const top = [headerLine(asListed, options), [], tableHead];
  if (height === undefined) return [...top, ...rows, ...(troubles.length > 0 ? [[], ...troubles] : [])];
  const room = Math.max(0, height - AROUND - FOOTER);
  // A blank line before what is wrong.
  const wanted = troubles.length === 0 ? 0 : troubles.length + 1;
  const least = Math.min(wanted, Math.floor(room * TROUBLE_SHARE));
  const forTroubles = Math.min(wanted, Math.max(least, room - rows.length));
  const body = [
    ...windowOf(rows, options.from ?? 0, room - forTroubles),
    ...(forTroubles > 1 ? [[], ...limited(troubles, forTroubles - 1)] : []),
  ];
  const blanks = Array.from({ length: Math.max(0, room - body.length) }, () => []);
  return [...top, ...body, ...blanks, offered(offers(options.glyphs, isWorstFirst), width)].slice(-height);
}

/** So many rows of hosts are on a screen at least, however much is wrong. */
export function rowsOnScreen(height: number): number {
  const room = Math.max(0, height - AROUND - FOOTER);
  return Math.max(1, room - Math.floor(room * TROUBLE_SHARE) - 1);
}

function offers({ spark }: Glyphs, isWorstFirst: boolean): readonly Offer[] {
  const arrows = spark.startsWith("_") ? "up down pgup pgdn" : "↑ ↓ PgUp PgDn";
  return [
    { key: "q", does: "quit", spare: 0 },
    { key: arrows, does: "scroll", spare: 2 },
    { key: "s", does: isWorstFirst ? "as listed" : "worst first", spare: 1 },
  ];
}

/** `12 hosts: 10 ok, 1 degraded, 1 unreachable` */
function headerLine(standings: readonly Standing[], { width, clock, intervalMs }: HostsScreenOptions): Line {
  const counts = new Map<string, { readonly count: number; readonly tone: Tone }>();
  for (const { state, tone } of standings) counts.set(state, { count: (counts.get(state)?.count ?? 0) + 1, tone });
  const told = [...counts].map(([state, { count, tone }]) => [span(`${count} ${printable(state)}`, tone)]);
  const every = intervalMs === undefined ? "" : `every ${formatDuration(intervalMs).replace(".0s", "s")}  `;
  const right = [span(`${every}${timeOf(clock)}`, "faint")];
  const left = [span("combot", "strong"), span(` ${standings.length} host${standings.length === 1 ? "" : "s"}: `)];
  const room = width - widthOf(left) - widthOf(right) - 1;
  return apart([...left, ...joinFitting(told, room)], right, width);
}

const SEVERITY_TONES: Readonly<Record<string, Tone>> = { warning: "careful", degraded: "careful" };

/** A line for each check that fails and each alert that fires. */
function troubleLines(standings: readonly Standing[], { width, glyphs }: HostsScreenOptions): Line[] {
  const longest = longestHost(width);
  const told = standings.flatMap(({ host, figures }) =>
    (figures?.troubles ?? []).map((trouble) => ({ host: cut(host, longest, glyphs.more), ...trouble })),
  );
  const hostWidth = Math.max(0, ...told.map(({ host }) => host.length));
  return told.map(({ host, name, severity, words }) => {
    const what = cut(`${severity} ${name}:`, width - hostWidth - 2, glyphs.more);
    const lead = [
      span(`${host.padEnd(hostWidth)} `),
      span(what, ownEntry(SEVERITY_TONES, severity) ?? "bad"),
      span(" "),
    ];
    return [...lead, span(shorten(printable(words), Math.max(0, width - widthOf(lead)), glyphs))];
  });
}

/** What is above and below is counted in the last line, where not all have room. */
function windowOf(rows: readonly Line[], from: number, room: number): readonly Line[] {
  if (rows.length <= room) return rows;
  const count = Math.max(0, room - 1);
  const first = Math.min(Math.max(0, from), rows.length - count);
  const [above, below] = [first, rows.length - first - count];
  return [...rows.slice(first, first + count), [span(`${above} hosts above, ${below} below`, "faint")]];
}

function limited(lines: readonly Line[], room: number): readonly Line[] {
  if (lines.length <= room) return lines;
  return [...lines.slice(0, room - 1), [span(`${lines.length - room + 1} more`, "faint")]];
}
