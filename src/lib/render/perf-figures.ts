import type { FigureUnit, LoadPlan, PerfReport, TargetVerdict } from "../protocol/perf.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { searchWords } from "./perf-search-words.ts";
import { NONE, percent } from "./words.ts";

/** Of the CPU time; from here on answers are later by more than noise. */
const FELT_STEAL = 0.05;

/** `0.123`, `1.23`, `12.3`, `1234`: milliseconds to three figures. */
export function figureMs(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms === 0) return "0";
  return ms >= 100 ? String(Math.round(ms)) : ms.toPrecision(3);
}

const FORMATS: Readonly<Record<FigureUnit, (value: number) => string>> = {
  ms: (value) => (value >= 10_000 ? formatDuration(value) : `${figureMs(value)} ms`),
  bytes: formatBytes,
  share: percent,
  perSecond: (value) => `${value < 100 ? value.toFixed(1) : Math.round(value)}/s`,
};

export function figure(unit: FigureUnit, value: number | null): string {
  return value === null ? NONE : FORMATS[unit](value);
}

export function limitOf({ bound, unit, limit }: TargetVerdict): string {
  return `${bound === "below" ? "below" : "at least"} ${figure(unit, limit)}`;
}

function searchVerdict(report: PerfReport): string {
  const words = searchWords(report);
  if (report.verdict === "generator") return `No verdict: the load generator was at its end first. It ${words}.`;
  return report.verdict === "pass" ? `This machine ${words}.` : `FAIL: ${words}.`;
}

/** `closed loop of 50, 50 users, 3000 bundled texts`. */
export function loadWords(plan: LoadPlan): string {
  const { loop, concurrency, ratePerSecond, arrivals, connections, users, texts, transport, stages } = plan;
  const at = stages === undefined ? `at ${ratePerSecond} requests/s` : `by ${stages}`;
  const rate = `open loop ${at} (${arrivals}, over ${connections} connections at most)`;
  const source = texts.source === "bundled" ? "bundled texts" : `texts of ${texts.source}`;
  return [
    loop === "open" ? rate : `closed loop, ${concurrency} at a time`,
    users === 0 ? "nobody named" : `${users} users`,
    `${texts.count} ${source}${texts.unique ? ", each made unique and none cached" : ""}`,
    transport === "unix" ? "over the Unix socket" : "over TCP",
  ].join(", ");
}

/** What the figures as a whole amount to, in one line. A host that gave its CPU time to others is in all of them. */
export function verdictWords(report: PerfReport): string {
  const { stolen } = report;
  const isFelt = stolen !== null && stolen >= FELT_STEAL;
  const note = ` The machine took ${Math.round((stolen ?? 0) * 100)}% of the CPU time away (steal): run it again when it doesn't.`;
  return `${ownVerdict(report)}${isFelt ? note : ""}`;
}

function ownVerdict(report: PerfReport): string {
  const words = plainVerdict(report);
  const { interrupted = null } = report;
  return interrupted === null ? words : `Ended before its time: ${interrupted}. So far: ${words}`;
}

function plainVerdict(report: PerfReport): string {
  const { verdict, generator, targets, comparison, search } = report;
  if (search) return searchVerdict(report);
  if (verdict === "generator")
    return `No verdict: ${generator.bottleneck ?? ""}. The figures say nothing of the daemon.`;
  const missed = targets.filter(({ pass }) => pass === false).map(({ name }) => name);
  const worse = comparison?.figures.filter((one) => one.verdict === "worse").map(({ name }) => name) ?? [];
  const parts = [
    missed.length > 0 && `missed: ${missed.join(", ")}`,
    worse.length > 0 && `worse than the baseline: ${worse.join(", ")}`,
  ].filter(Boolean);
  if (parts.length > 0) return `FAIL, ${parts.join("; ")}.`;
  const unknown = targets.filter(({ pass }) => pass === null).length;
  const met = targets.length - unknown;
  return `pass: ${met} of ${targets.length} targets met${unknown > 0 ? `, ${unknown} not measured` : ""}.`;
}
