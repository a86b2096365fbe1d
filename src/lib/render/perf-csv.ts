import type { PerfReport, ResourceSample } from "../protocol/perf.ts";

type Cell = number | string | null | undefined;

const WINDOW_COLUMNS = [
  "at_seconds",
  "seconds",
  "computed",
  "memory",
  "redis",
  "failed",
  "p50_ms",
  "p99_ms",
  "used_bytes",
  "usage",
  "tree_pss_bytes",
  "machine_cpu",
  "tree_cpu",
  "waiting",
] as const;

const STEP_COLUMNS = [
  "run",
  "rate_per_second",
  "held",
  "why",
  "seconds",
  "answered_per_second",
  "failed",
  "p50_ms",
  "p99_ms",
  "hit_rate",
  "machine_cpu",
  "usage",
  "waiting",
] as const;

/** A line for each window of the run, or for each rate of a search (RFC 4180). */
export function renderPerfCsv(report: PerfReport): string {
  const rows = report.search ? [STEP_COLUMNS, ...stepRows(report)] : [WINDOW_COLUMNS, ...windowRows(report)];
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function windowRows({ windows: { seconds, list }, resources }: PerfReport): Cell[][] {
  return list.map(({ atSeconds, answered, failed, p50, p99 }) => {
    const seen = sampleIn(resources?.samples ?? [], atSeconds, seconds);
    const { computed, memory, redis } = answered;
    const machine = [seen?.usedBytes, seen?.usage, seen?.treePssBytes, seen?.machineCpu, seen?.treeCpu, seen?.waiting];
    return [atSeconds, seconds, computed, memory, redis, failed, p50, p99, ...machine];
  });
}

/** The last one that was taken in the window. */
function sampleIn(samples: readonly ResourceSample[], from: number, seconds: number): ResourceSample | undefined {
  return samples.findLast(({ atSeconds }) => atSeconds >= from && atSeconds < from + seconds);
}

function stepRows({ search }: PerfReport): Cell[][] {
  return (search?.steps ?? []).map((step) => {
    const { run, ratePerSecond, held, why, seconds, perSecond, failed, p50, p99 } = step;
    const seen = [step.hitRate, step.machineCpu, step.usage, step.waiting];
    return [run, ratePerSecond, held ? 1 : 0, why, seconds, perSecond, failed, p50, p99, ...seen];
  });
}

function cell(value: Cell): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
