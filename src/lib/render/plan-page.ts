import { Eta } from "eta";
import { harmless, jsonText } from "../harmless.ts";
import type { PlanReport, PlanSpan } from "../protocol/plan.ts";
import { formatBytes } from "../units.ts";
import type { EvalAssets } from "./eval-page.ts";
import { NONE, percent, shortMs } from "./words.ts";

/** Of a plot, in its own units; the page scales it. */
const WIDTH = 360;
const HEIGHT = 160;

interface Plot {
  readonly name: string;
  readonly most: string;
  /** Points of a line, or of lines where nothing was measured in between. */
  readonly lines: readonly string[];
}

type Measure = readonly [name: string, of: (span: PlanSpan) => number | null, words: (value: number) => string];

const rate = (value: number): string => `${Number(value.toPrecision(3))}/s`;
const ms = (value: number): string => `${shortMs(value)} ms`;

const PLOTS: readonly Measure[] = [
  ["Requests a second", ({ perSecond }) => perSecond, rate],
  ["Latency p99", ({ p99Ms }) => p99Ms, ms],
  ["Memory of all processes, peak", ({ peakPssBytes }) => peakPssBytes, formatBytes],
  ["CPU of all cores", ({ cpu }) => cpu, percent],
  ["Out of the cache", ({ hitRate }) => hitRate, percent],
  ["Workers recycled", ({ recycles }) => recycles, String],
  ["CPU credits, minutes of a core", ({ credits }) => credits, (value) => value.toFixed(0)],
];

/** One page that needs no network and no script, with all figures of the report and the report itself. */
export function renderPlanPage(report: PlanReport, assets: EvalAssets): string {
  return new Eta({ autoTrim: false, escapeFunction: (value) => escaped(String(value)) }).renderString(assets.template, {
    report,
    assets,
    width: WIDTH,
    height: HEIGHT,
    plots: plotsOf(report),
    times: timesOf(report),
    json: jsonText(report).replaceAll("<", String.raw`\u003c`),
    bytes: formatBytes,
    rate,
    ms: (value: number | null) => (value === null ? NONE : ms(value)),
    share: (value: number | null) => (value === null ? NONE : percent(value)),
    failed: ({ failures }: PlanSpan) => Object.values(failures).reduce((sum, count) => sum + count, 0),
    count: (value: number) => value.toLocaleString("en"),
  });
}

function plotsOf({ day: { spans } }: PlanReport): Plot[] {
  return PLOTS.flatMap(([name, of, words]): Plot[] => {
    const values = spans.map(of);
    const known = values.filter((value) => value !== null);
    if (spans.length < 2 || known.length === 0) return [];
    const most = Math.max(...known, 1e-9);
    return [{ name, most: words(most), lines: linesOf(values, (value) => up(value / most), across(spans.length)) }];
  });
}

/** What a batch takes by its length, a line for each number of texts. */
function timesOf({ model }: PlanReport): readonly (Plot & { readonly texts: number })[] {
  const grid = model.byThreads[0]?.grid ?? [];
  const most = Math.max(1e-9, ...grid.map((cell) => cell.ms));
  const longest = Math.max(1, ...grid.map(({ tokens }) => tokens));
  const sizes = [...new Set(grid.map(({ texts }) => texts))];
  return sizes.map((texts) => {
    const points = grid
      .filter((cell) => cell.texts === texts)
      .map((cell) => `${round((cell.tokens / longest) * WIDTH)},${up(cell.ms / most)}`);
    return { texts, name: `${texts} ${texts === 1 ? "text" : "texts"}`, most: ms(most), lines: [points.join(" ")] };
  });
}

function across(count: number): (at: number) => number {
  return (at) => round((at / Math.max(1, count - 1)) * WIDTH);
}

function linesOf(
  values: readonly (number | null)[],
  height: (value: number) => number,
  place: (at: number) => number,
): string[] {
  const lines: string[][] = [[]];
  for (const [at, value] of values.entries()) {
    if (value === null) lines.push([]);
    else lines.at(-1)!.push(`${place(at)},${height(value)}`);
  }
  return lines.filter((line) => line.length > 0).map((line) => line.join(" "));
}

function up(share: number): number {
  return round((1 - share) * HEIGHT);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return harmless(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
