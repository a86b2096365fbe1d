import type { MonitorView } from "../../monitor/state.ts";
import { slowest } from "../../monitor/trends.ts";
import type { TrendName } from "../../monitor/trends.ts";
import { formatDuration } from "../../units.ts";
import { fitLine, span } from "../line.ts";
import type { Line } from "../line.ts";
import { sparkline } from "../sparkline.ts";
import { percent, shortMs } from "../words.ts";
import { rateOf, shareOf } from "./cells.ts";
import type { RowSpace } from "./cells.ts";
import { chart, chartStrokes } from "./chart.ts";

const NAME_WIDTH = 10;
const VALUE_WIDTH = 8;
/** `of 100%`, `of 1234`: what the highest stroke stands for. */
const SCALE_WIDTH = 9;
const GAP = 2;
/** From here on all four stand on one line. */
const FOUR_ABREAST = 200;
/** And below it each has a line of its own. */
const TWO_ABREAST = 72;

interface Trend {
  readonly name: TrendName;
  readonly label: string;
  readonly value: string;
  readonly tell: (value: number) => string;
  readonly top?: number;
}

function trendsOf({ sample, derived, past }: MonitorView): readonly Trend[] {
  const point = past?.moment?.point;
  const usage = sample?.memory.usage ?? point?.usage;
  const p99 = sample?.recentLatencyMs.p99 ?? (point ? slowest(point, "p99") : null);
  return [
    { name: "memory", label: "memory", value: shareOf(usage), tell: percent, top: 1 },
    { name: "requests", label: "requests/s", value: rateOf(derived.requestsPerSecond), tell: rateOf },
    { name: "p99", label: "p99", value: `${shortMs(p99)} ms`, tell: (ms) => `${shortMs(ms)}ms` },
    { name: "hitRate", label: "hit rate", value: shareOf(derived.hitRate), tell: percent, top: 1 },
  ];
}

/** What tells most, drawn over time; each stroke is the highest figure of its stretch, and the scale begins at zero. */
export function trendRows(view: MonitorView, { width, glyphs }: RowSpace): Line[] {
  const abreast = width >= FOUR_ABREAST ? 4 : width >= TWO_ABREAST ? 2 : 1;
  const each = Math.floor((width - GAP * (abreast - 1)) / abreast);
  const strokes = Math.max(1, each - NAME_WIDTH - VALUE_WIDTH - SCALE_WIDTH - 3);
  const drawn = trendsOf(view).map(({ name, label, value, tell, top }): Line => {
    const values = view.trends.strokes(name, strokes);
    const highest = top ?? values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);
    return [
      span(`${label.padEnd(NAME_WIDTH)} `, "faint"),
      span(`${value.padEnd(VALUE_WIDTH)} `),
      span(sparkline(values, { width: strokes, glyphs, top: highest })),
      span(` ${(highest > 0 ? `of ${tell(highest)}` : "").padEnd(SCALE_WIDTH)}`, "faint"),
    ];
  });
  return inRows(
    drawn.map((line) => [line]),
    abreast,
  );
}

/** Strokes of a chart, fewest and most. */
const LOWEST = 3;
const HIGHEST = 10;
/** Above and below them: the name, the times. */
const AROUND = 2;

/** The same as charts, two abreast, as high as there is room for; undefined where there is too little. */
export function trendCharts(view: MonitorView, { width, glyphs }: RowSpace, room: number): Line[] | undefined {
  const height = Math.min(HIGHEST, Math.floor(room / 2) - AROUND);
  if (height < LOWEST) return undefined;
  const each = Math.floor((width - GAP) / 2);
  const [from, until] = endsOf(view);
  const drawn = trendsOf(view).map(({ name, label, value, tell, top }) =>
    chart(view.trends.strokes(name, chartStrokes(each)), {
      width: each,
      height,
      glyphs,
      name: label,
      value,
      tell,
      from,
      until,
      ...(top === undefined ? {} : { top }),
    }),
  );
  return inRows(
    drawn.map((lines) => lines.map((line) => fitLine(line, each))),
    2,
  );
}

function endsOf({ trends, past }: MonitorView): readonly [string, string] {
  if (!past) return [`${formatDuration(trends.spanMs)} ago`, "now"];
  return [past.window.fromMs, past.window.untilMs].map(
    (ms) => `${new Date(ms).toISOString().slice(5, 16).replace("T", " ")}Z`,
  ) as unknown as readonly [string, string];
}

function inRows(blocks: readonly (readonly Line[])[], abreast: number): Line[] {
  const gap = span(" ".repeat(GAP));
  return Array.from({ length: blocks.length / abreast }, (_, at) =>
    blocks.slice(at * abreast, (at + 1) * abreast),
  ).flatMap((some) =>
    Array.from({ length: some[0]?.length ?? 0 }, (_, row) =>
      some.flatMap((lines, index) => (index === 0 ? [...(lines[row] ?? [])] : [gap, ...(lines[row] ?? [])])),
    ),
  );
}
