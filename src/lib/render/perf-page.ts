import { Eta } from "eta";
import { harmless, jsonText } from "../harmless.ts";
import type { FigureUnit, PerfReport } from "../protocol/perf.ts";
import { figure, figureMs } from "./perf-figures.ts";
import { happenedIn, lanesOf, type Lane } from "./perf-happened.ts";
import { BOUND_WORDS } from "./perf-search.ts";
import { NONE } from "./words.ts";

/** What the page is made of. */
export interface PageAssets {
  /** The page's own. */
  readonly template: string;
  readonly style: string;
  /** What its charts have in common; runs before the script. */
  readonly chartScript: string;
  readonly script: string;
  /** The plotting library's. */
  readonly plotScript: string;
  readonly plotStyle: string;
}

/** How a figure is written; every figure of the page is one of these. */
export type PageFormat = FigureUnit | "bareMs" | "count" | "seconds" | "ratio" | "text";

const CLASS_NAMES = { computed: "Computed", memory: "In-memory cache", redis: "Redis" } as const;
const CLASSES = ["computed", "memory", "redis"] as const;
const BADGES: Readonly<Record<PerfReport["verdict"], string>> = {
  pass: "pass",
  fail: "fail",
  generator: "no verdict",
};

/**
 * One page that needs no network, with all figures of the report and the report itself.
 *
 * @param baseline the run that the report's comparison is with: its lines are drawn beside this one's.
 */
export function renderPerfPage(report: PerfReport, assets: PageAssets, baseline: PerfReport | null = null): string {
  const classes = CLASSES.filter((name) => report.latencyMs[name].count > 0);
  const happened = happenedIn(report);
  const lanes = lanesOf(happened);
  return new Eta({ autoTrim: false, escapeFunction: (value) => escaped(String(value)) }).renderString(assets.template, {
    report,
    assets,
    classes,
    classNames: CLASS_NAMES,
    happened,
    lanes,
    spread: spreadOf(report),
    boundWords: BOUND_WORDS,
    badge: BADGES[report.verdict],
    latencyRows: latencyRows(report, classes),
    machineRows: machineRows(report),
    json: inScript(report),
    baseline: baseline && inScript(baseline),
    marks: inScript(marksOf(lanes)),
    f: (path: string, format: PageFormat) => figureElement(report, path, format),
  });
}

/** Name, path in the report, and whether its p99.9 and longest are known. */
type LatencyRow = readonly [string, string, boolean];

function latencyRows({ server }: PerfReport, classes: readonly (typeof CLASSES)[number][]): LatencyRow[] {
  return [
    ["all answers", "latencyMs.all", true],
    ...classes.map((name): LatencyRow => [CLASS_NAMES[name], `latencyMs.${name}`, true]),
    ...(server.computedMs.count > 0 ? [["in the daemon, computed", "server.computedMs", true] as const] : []),
    ...(server.queueMs ? [["waiting in the queue", "server.queueMs", false] as const] : []),
    ...(server.batchMs ? [["a batch in a worker", "server.batchMs", false] as const] : []),
  ];
}

/** Name, path and format of what is known of the machine besides. */
function machineRows(report: PerfReport): [string, string, PageFormat][] {
  const rows: [string, string, PageFormat][] = [
    ["distribution", "distribution", "text"],
    ["model", "model", "text"],
    ["runs in", "virtual", "text"],
    ["last cache", "cpu.cacheBytes.l3", "bytes"],
    ["swap", "memory.swapBytes", "bytes"],
  ];
  return rows
    .map(([name, path, format]): [string, string, PageFormat] => [name, `machine.facts.${path}`, format])
    .filter(([, path]) => (valueAt(report, path) ?? null) !== null);
}

/** Inside a script no entity is read; `</script>` and `<!--` must not come up. */
function inScript(value: unknown): string {
  return jsonText(value).replaceAll("<", String.raw`\u003c`);
}

/** Behind the charts: what took place when. */
function marksOf(lanes: readonly Lane[]): { from: number; to: number; tone: string }[] {
  return lanes.flatMap(({ tone, marks }) =>
    marks.map(({ fromSeconds, toSeconds }) => ({ from: fromSeconds, to: toSeconds, tone })),
  );
}

/** Room on either side of the furthest interval. */
const SPREAD_ROOM = 1.1;

/** Where a ratio stands on a scale of factors that has no change in its middle. */
function spreadOf({ comparison }: PerfReport): (ratio: number) => string {
  const ratios = comparison?.figures.flatMap(({ ratio, interval }) => [ratio, ...interval]) ?? [];
  const furthest = Math.max(
    Math.log(SPREAD_ROOM),
    ...ratios.filter((ratio) => ratio > 0).map((ratio) => Math.abs(Math.log(ratio))),
  );
  return (ratio) => `${(50 + (48 * Math.log(Math.max(ratio, 1e-6))) / furthest).toFixed(2)}%`;
}

/** The value as it stands in the report beside the words for it: `<data value="51.2" data-path="latencyMs.all.p99">`. */
function figureElement(report: PerfReport, path: string, format: PageFormat): string {
  const value = valueAt(report, path);
  return `<data value="${escaped(String(value))}" data-path="${escaped(path)}" data-format="${format}">${escaped(pageFigure(value, format))}</data>`;
}

/** The value at a path of names and indexes joined by dots. */
export function valueAt(report: PerfReport, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], report);
}

const OWN_FORMATS: Readonly<Record<Exclude<PageFormat, FigureUnit | "text">, (value: number) => string>> = {
  bareMs: figureMs,
  count: (value) => value.toLocaleString("en-US"),
  seconds: (value) => `${Number(value.toFixed(1))} s`,
  ratio: (value) => value.toFixed(2),
};

/** @throws {TypeError} where the value is of another kind than the format: a mistake in the template. */
export function pageFigure(value: unknown, format: PageFormat): string {
  if (format === "text" && typeof value === "string") return value;
  if (format === "text" || (value !== null && typeof value !== "number"))
    throw new TypeError(`a ${typeof value} can't be written as ${format}`);
  if (value === null) return NONE;
  return format in OWN_FORMATS
    ? OWN_FORMATS[format as keyof typeof OWN_FORMATS](value)
    : figure(format as FigureUnit, value);
}

/** A page has no control characters either (HTML, 13.2.3.5), and no name turns the words beside it. */
function escaped(text: string): string {
  return harmless(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
