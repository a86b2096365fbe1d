import { harmless } from "../harmless.ts";
import type { PlanReport, PlanSpan, PlanVariantReport } from "../protocol/plan.ts";
import { formatBytes } from "../units.ts";
import type { Glyphs } from "./glyphs.ts";
import type { Paint } from "./paint.ts";
import { sparkline } from "./sparkline.ts";
import { renderTable } from "./table.ts";
import { NONE, percent, shortCount, shortMs, wrapWords } from "./words.ts";

const WIDTH = 80;
const NAME_WIDTH = 14;
const MOST_HOURS = 24;

/** What was measured and simulated, 80 columns wide; the page and --json have the rest. */
export function renderPlan(report: PlanReport, paint: Paint, glyphs: Glyphs): string {
  const { failures } = report;
  const verdict =
    failures.length === 0
      ? paint.good("It holds them.")
      : failures.map((one) => paint.bad(wrapWords(harmless(one), WIDTH).join("\n"))).join("\n");
  return [
    head(report, paint),
    measured(report),
    hours(report, glyphs),
    day(report),
    compared(report),
    report.variants.map(boundOf).join("\n"),
    report.assumptions.map((words, at) => row(at === 0 ? "assumed" : "", words)).join("\n"),
    verdict,
  ].join("\n\n");
}

function head({ model, traffic, perUserPerSecond, variants }: PlanReport, paint: Paint): string {
  const { machine } = variants[0]!;
  const where = `${machine.cores} cores, ${formatBytes(machine.memoryBytes)}`;
  const users = traffic.users.toLocaleString("en");
  const told = `${model.digest.slice(0, 12)} on ${machine.name} (${where}): ${users} users, ${words(perUserPerSecond)} each`;
  return `${paint.strong(harmless(model.name))}\n${wrapWords(told, WIDTH).join("\n")}`;
}

function words(perSecond: number): string {
  return `${Number((perSecond * 60).toPrecision(3))} a minute`;
}

function measured({ model }: PlanReport): string {
  const [first] = model.byThreads;
  const sorted = model.tokens.toSorted((a, b) => a - b);
  const [middle, longest] = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0];
  const cells = first?.grid.filter(({ tokens }) => tokens === nearest(first.grid, middle)) ?? [];
  const times = cells.map(({ texts, ms }) => `${texts} in ${shortMs(ms)}`).join(", ");
  const crowd = first?.crowding.at(-1);
  const beside =
    crowd && crowd.running > 1 ? `; ${crowd.factor.toFixed(2)} × as long with ${crowd.running} beside each other` : "";
  const { loadedBytes, servingBytes, sharedBytes } = model.memory;
  return [
    row("texts", `half of up to ${middle} tokens, the longest of ${longest}; the window is ${model.windowTokens}`),
    row("a batch", `${times} ms${beside}`),
    row("a load", `${shortMs(model.loadMs)} ms`),
    row(
      "memory",
      `${formatBytes(servingBytes)} a worker (${formatBytes(loadedBytes)} before its first text), ${formatBytes(sharedBytes)} that they share`,
    ),
  ].join("\n");
}

function nearest(grid: readonly { readonly tokens: number }[], middle: number): number {
  const lengths = grid.map(({ tokens }) => tokens);
  return lengths.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0] ?? 0;
}

const HOUR_HEADS = ["hour", "requests/s", "p50 ms", "p99 ms", "hits", "failed", "CPU", "memory", "recycles"];

function hours({ day: { spans }, variants }: PlanReport, glyphs: Glyphs): string {
  const hasCredits = variants[0]?.machine.baseline !== null;
  const shown = isFlat(spans) ? spans.slice(0, 1) : spans.slice(0, MOST_HOURS);
  const heads = [...HOUR_HEADS, ...(hasCredits ? ["credits"] : [])];
  const rows = shown.map((span, at) => [
    isFlat(spans) ? "each" : String(at + 1),
    ...figures(span),
    ...(hasCredits ? [span.credits === null ? NONE : Math.round(span.credits).toString()] : []),
  ]);
  const table = renderTable(
    heads.map((name) => ({ head: name, align: "right" })),
    rows,
  );
  if (isFlat(spans)) return table;
  const line = (of: (span: PlanSpan) => number | null): string => sparkline(spans.map(of), { width: 48, glyphs });
  return [
    table,
    row(
      "requests/s",
      line(({ perSecond }) => perSecond),
    ),
    row(
      "p99",
      line(({ p99Ms }) => p99Ms),
    ),
    row(
      "memory",
      line(({ peakPssBytes }) => peakPssBytes),
    ),
  ].join("\n");
}

/** One hour tells of all. */
function isFlat(spans: readonly PlanSpan[]): boolean {
  const rates = spans.map(({ requests }) => requests);
  const credits = spans.map((span) => span.credits ?? 0);
  const near = Math.max(...rates) <= 1.05 * Math.min(...rates);
  return spans.length > 1 && near && Math.max(...credits) - Math.min(...credits) < 1;
}

function figures(span: PlanSpan): string[] {
  return [
    Number(span.perSecond.toPrecision(3)).toString(),
    shortMs(span.p50Ms),
    shortMs(span.p99Ms),
    span.hitRate === null ? NONE : percent(span.hitRate),
    shortCount(failedOf(span)),
    percent(span.cpu),
    formatBytes(span.peakPssBytes),
    String(span.recycles),
  ];
}

function failedOf({ failures }: PlanSpan): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}

function day({ day: { total, decisions, surplusCredits } }: PlanReport): string {
  const failed = Object.entries(total.failures).flatMap(([why, count]) => (count > 0 ? [`${count} ${why}`] : []));
  const done = Object.entries(decisions).map(([what, count]) => `${count} × ${what}`);
  return [
    row(
      "the day",
      `${total.requests.toLocaleString("en")} requests, ${failed.length > 0 ? failed.join(", ") : "none failed"}`,
    ),
    row("decided", done.length > 0 ? done.join(", ") : "nothing"),
    ...(surplusCredits > 0
      ? [row("paid for", `${(surplusCredits / 60).toFixed(1)} hours of a core beyond its credits`)]
      : []),
  ].join("\n");
}

/** Of the busiest hour, and what each holds. Their names come below: there is no room for them. */
function compared({ variants }: PlanReport): string {
  const heads = ["workers", "p99 ms", "hits", "CPU", "memory", "recycles", "users at most", "bound by"];
  const rows = variants.map(({ policy, hour: { total }, capacity }, at) => [
    String(at + 1),
    String(policy.workers),
    shortMs(total.p99Ms),
    total.hitRate === null ? NONE : percent(total.hitRate),
    percent(total.cpu),
    formatBytes(total.peakPssBytes),
    String(total.recycles),
    capacity.users.toLocaleString("en"),
    capacity.bound ?? NONE,
  ]);
  const columns = heads.map((name) => ({ head: name, align: "right" as const }));
  return `The busiest hour, and how many users fit\n${renderTable([{ head: " " }, ...columns], rows)}`;
}

function boundOf({ name, capacity: { users, perSecond, evidence } }: PlanVariantReport, at: number): string {
  const rate = Number(perSecond.toPrecision(3));
  const told = `${name}: ${users.toLocaleString("en")} users, ${rate} requests/s; ${evidence}`;
  return wrapWords(harmless(told), WIDTH - 3)
    .map((line, number) => `${number === 0 ? String(at + 1).padEnd(3) : "   "}${line}`)
    .join("\n");
}

function row(name: string, told: string): string {
  const lines = wrapWords(harmless(told), WIDTH - NAME_WIDTH);
  return `${name.padEnd(NAME_WIDTH)}${lines.join(`\n${" ".repeat(NAME_WIDTH)}`)}`;
}
