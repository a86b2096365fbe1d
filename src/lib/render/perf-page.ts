import { Eta } from "eta";
import { harmless, jsonText } from "../harmless.ts";
import type { FigureUnit, Happening, LifecycleStep, PerfReport } from "../protocol/perf.ts";
import { figure, figureMs } from "./perf-figures.ts";
import { NONE } from "./words.ts";

/** What the page is made of. */
export interface PageAssets {
  /** The page's own. */
  readonly template: string;
  readonly style: string;
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

/** One page that needs no network, with all figures of the report and the report itself. */
export function renderPerfPage(report: PerfReport, assets: PageAssets): string {
  const classes = CLASSES.filter((name) => report.latencyMs[name].count > 0);
  return new Eta({ autoTrim: false, escapeFunction: (value) => escaped(String(value)) }).renderString(assets.template, {
    report,
    assets,
    classes,
    classNames: CLASS_NAMES,
    happened: happened(report),
    badge: BADGES[report.verdict],
    latencyRows: latencyRows(report, classes),
    // Inside a script no entity is read; `</script>` and `<!--` must not come up.
    json: jsonText(report).replaceAll("<", String.raw`\u003c`),
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

/** What this test and the daemon did, in its order, each with its path in the report. */
function happened({ lifecycle, happenings }: PerfReport): [string, Happening | LifecycleStep][] {
  const steps = (lifecycle ?? []).map((step, index): [string, LifecycleStep] => [`lifecycle.${index}`, step]);
  const others = happenings.map((one, index): [string, Happening] => [`happenings.${index}`, one]);
  return [...steps, ...others].toSorted(([, a], [, b]) => a.atSeconds - b.atSeconds);
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
