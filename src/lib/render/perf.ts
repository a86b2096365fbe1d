import { machineInALine } from "../machine-facts/words.ts";
import type { LifecycleStep, PerfLatencies, PerfReport, TargetVerdict } from "../protocol/perf.ts";
import { formatBytes } from "../units.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint } from "./paint.ts";
import { figure, figureMs, limitOf, loadWords, verdictWords } from "./perf-figures.ts";
import { happenedIn } from "./perf-happened.ts";
import { renderSearch, renderStages } from "./perf-search.ts";
import { sparkline } from "./sparkline.ts";
import { type Column, renderTable } from "./table.ts";
import { NONE, percent, wrapWords } from "./words.ts";

const WIDTH = 80;
const NAME_WIDTH = 12;
const CLASSES = ["computed", "memory", "redis"] as const;

const LATENCY: readonly Column[] = [
  { head: "LATENCY ms" },
  ...["COUNT", "MEAN", "P50", "P90", "P99", "P99.9", "MAX"].map((head) => ({ head, align: "right" as const })),
];
const TARGETS: readonly Column[] = [
  { head: "TARGET" },
  { head: "WANTED" },
  { head: "MEASURED", align: "right" },
  { head: "" },
];
const COMPARED: readonly Column[] = [
  { head: "AGAINST THE BASELINE" },
  ...["THEN", "NOW", "RATIO", "95% INTERVAL"].map((head) => ({ head, align: "right" as const })),
  { head: "" },
];

/** The whole report for a terminal. */
export function renderPerf(report: PerfReport, paint: Paint, glyphs: Glyphs): string {
  return [
    headline(report, paint),
    latencies(report, paint),
    histograms(report, glyphs),
    facts(report),
    ...(report.stages ? [renderStages(report.stages, paint)] : []),
    ...(report.search ? [renderSearch(report.search, WIDTH, paint)] : []),
    targets(report.targets, paint),
    ...(report.comparison ? [comparison(report.comparison, paint)] : []),
    verdict(report, paint),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function headline(report: PerfReport, paint: Paint): string {
  const { load, seconds, warmUpSeconds, machine, model } = report;
  const words = `${loadWords(load)}; ${seconds.toFixed(1)} s measured after ${warmUpSeconds} s of warm-up.`;
  const what = machine.facts?.cpu
    ? machineInALine(machine.facts)
    : `${machine.cores} cores of ${machine.cpu}, ${formatBytes(machine.memoryBytes)}`;
  const where = `${model ? `Model ${model.name} (${model.digest}). ` : ""}${what}.`;
  return [paint.strong("combot perf-test"), ...wrapWords(words, WIDTH), ...wrapWords(where, WIDTH)].join("\n");
}

function latencies({ latencyMs, server }: PerfReport, paint: Paint): string {
  const rows = [
    row("all answers", latencyMs.all),
    ...CLASSES.filter((name) => latencyMs[name].count > 0).map((name) => row(`  ${name}`, latencyMs[name])),
  ];
  if (server.computedMs.count > 0) rows.push(row("in the daemon, computed", server.computedMs));
  if (server.queueMs) rows.push(row("  waiting in the queue", { ...server.queueMs, p999: null, max: null }));
  if (server.batchMs) rows.push(row("  a batch in a worker", { ...server.batchMs, p999: null, max: null }));
  return renderTable(faint(LATENCY, paint), rows);
}

function row(name: string, { count, mean, p50, p90, p99, p999, max }: PerfLatencies): string[] {
  return [name, String(count), ...[mean, p50, p90, p99, p999, max].map(figureMs)];
}

/** A stroke for each twelfth of a factor of ten. */
function histograms({ distribution }: PerfReport, glyphs: Glyphs): string {
  return CLASSES.filter((name) => distribution[name].length > 0)
    .map((name) => {
      const buckets = distribution[name];
      const strokes = sparkline(
        buckets.map(([, , count]) => (count === 0 ? null : count)),
        { width: buckets.length, glyphs },
      );
      return `${name.padEnd(NAME_WIDTH)}${figureMs(buckets[0]![0])} ms ${strokes} ${figureMs(buckets.at(-1)![1])} ms`;
    })
    .join("\n");
}

function facts(report: PerfReport): string {
  return [
    line("requests", requests(report)),
    line("cache", report.hitRate === null ? NONE : `hit rate ${percent(report.hitRate)}`),
    line("batches", batches(report)),
    line("memory", memory(report)),
    line("cpu", cpu(report)),
    line("recycles", happened(report)),
    ...(report.lifecycle ?? []).map((one) => line(one.step, stepWords(one))),
    ...(report.load.marked === false ? [line("counted", COUNTED)] : []),
    line("stable", stability(report)),
    line("generator", generator(report)),
  ].join("\n");
}

const COUNTED = "as anybody's: in history, frequent texts, users, hit rate and alerts";

function stepWords({ durationMs, error, idle = null }: LifecycleStep): string {
  if (error !== null) return `failed: ${error}`;
  return idle === null ? figure("ms", durationMs) : `not measured: ${idle}`;
}

function line(name: string, words: string): string {
  return `${name.padEnd(NAME_WIDTH)}${wrapWords(words, WIDTH - NAME_WIDTH).join(`\n${" ".repeat(NAME_WIDTH)}`)}`;
}

function requests({ requests: { begun, answered, failed, perSecond }, errors, errorShare }: PerfReport): string {
  const codes = Object.entries(errors).map(([code, count]) => `${code} ${count}`);
  const failures = failed === 0 ? "none failed" : `${failed} failed (${percent(errorShare)}: ${codes.join(", ")})`;
  return `${figure("perSecond", perSecond)}; ${begun} begun, ${answered} answered, ${failures}`;
}

function batches({ server: { batches } }: PerfReport): string {
  if (!batches) return NONE;
  const sizes = batches.sizes
    .filter(({ count }) => count > 0)
    .map(({ upTo, count }) => `${upTo === null ? "more" : `up to ${upTo}`}: ${count}`);
  return `${batches.count} of ${batches.meanTexts.toFixed(1)} texts on average${sizes.length > 0 ? ` (${sizes.join(", ")})` : ""}`;
}

function memory({ resources }: PerfReport): string {
  if (!resources) return "not shown: the control socket alone tells";
  const { peak, limitBytes } = resources;
  return `peak ${formatBytes(peak.usedBytes)} of ${formatBytes(limitBytes)} (${percent(peak.usage)}); the daemon's tree ${formatBytes(peak.treePssBytes)} (PSS)`;
}

function cpu({ resources, steady }: PerfReport): string {
  const share = (value: number | null): string => (value === null ? NONE : percent(value));
  const parts: string[] = [];
  if (resources) {
    const { machineCpu, treeCpu, steal } = resources.mean;
    parts.push(`machine ${share(machineCpu)}, the daemon's tree ${share(treeCpu)}, taken by the host ${share(steal)}`);
    parts.push(pressure(resources));
  }
  if (steady) parts.push(`at ${steady.ratePerSecond} requests/s the machine ${share(steady.machineCpu)}`);
  return parts.length > 0 ? parts.join("; ") : NONE;
}

function pressure({ samples }: NonNullable<PerfReport["resources"]>): string {
  const most = (name: "cpu" | "memory" | "io"): string => {
    const values = samples.map((sample) => sample.pressure[name]).filter((value) => value !== null);
    return values.length === 0 ? NONE : percent(Math.max(...values));
  };
  return `pressure (worst second) cpu ${most("cpu")}, memory ${most("memory")}, io ${most("io")}`;
}

function happened(report: PerfReport): string {
  const { recycles } = report;
  if (!recycles) return "not shown";
  const reasons = Object.entries(recycles.byReason).map(([reason, count]) => `${reason} ${count}`);
  // What this test asked for has lines of its own.
  const others = happenedIn(report)
    .filter(({ path, lane }) => path.startsWith("happenings.") && lane !== "recycle")
    .map(({ lane }) => lane);
  const besides = others.length > 0 ? `; besides: ${[...new Set(others)].join(", ")}` : "";
  return `${recycles.total}${reasons.length > 0 ? ` (${reasons.join(", ")})` : ""}${besides}`;
}

function stability({ stability: { figure: name, thirds, spread, stable } }: PerfReport): string {
  if (spread === null || stable === null) return "the run is too short to tell";
  const what = name === "p50" ? "p50" : "requests/s";
  const unit = name === "p50" ? ("ms" as const) : ("perSecond" as const);
  const told = thirds.map((value) => figure(unit, value)).join(", ");
  return `${stable ? "yes" : "NO"}: ${what} by thirds ${told}, ${percent(spread)} apart`;
}

function generator({ generator: own }: PerfReport): string {
  const { cpu, latenessMs, waitedForConnection, retried } = own;
  const waited = waitedForConnection > 0 ? `, ${waitedForConnection} waited for a connection` : "";
  const again = retried > 0 ? `, ${retried} sent again over a new connection` : "";
  const late = Math.max(latenessMs.p99 ?? 0, own.loopDelayMs.p99);
  return `${percent(cpu)} of a core, p99 ${figureMs(late)} ms late, ${own.connections} connections${waited}${again}`;
}

function targets(verdicts: readonly TargetVerdict[], paint: Paint): string {
  const rows = verdicts.map((target) => {
    const { what, unit, measured, pass, detail } = target;
    const told = pass === null ? paint.faint("not measured") : pass ? paint.good("pass") : paint.bad("FAIL");
    const words = pass === null && detail !== null ? paint.faint(detail) : [told, detail ?? ""].join(" ").trimEnd();
    return [what, limitOf(target), figure(unit, measured), words];
  });
  return rows.length === 0 ? "" : renderTable(faint(TARGETS, paint), rows);
}

function comparison({ figures }: NonNullable<PerfReport["comparison"]>, paint: Paint): string {
  const rows = figures.map(({ name, unit, baseline, now, ratio, interval: [low, high], verdict }) => {
    const tone = verdict === "same" ? paint.faint : verdict === "worse" ? paint.bad : paint.good;
    const interval = `${low.toFixed(2)} to ${high.toFixed(2)}`;
    return [name, figure(unit, baseline), figure(unit, now), ratio.toFixed(2), interval, tone(verdict)];
  });
  return renderTable(faint(COMPARED, paint), rows);
}

function verdict(report: PerfReport, paint: Paint): string {
  const tone = report.verdict === "pass" ? paint.good : paint.bad;
  return wrapWords(verdictWords(report), WIDTH).map(tone).join("\n");
}

function faint(columns: readonly Column[], paint: Paint): Column[] {
  return columns.map((column) => ({ ...column, head: paint.faint(column.head) }));
}
