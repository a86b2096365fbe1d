import type { MonitorView } from "../../monitor/state.ts";
import { printable } from "../line.ts";
import { NONE, percent, shortMs } from "../words.ts";
import { rateOf, shareOf, timeOf } from "./cells.ts";

/** Widths are fixed: lines come one by one. 79 columns in all. */
const COLUMNS = [
  { head: "TIME", width: 9 },
  { head: "STATE", width: 9 },
  { head: "MEM", width: -4 },
  { head: "LEVEL", width: 9 },
  { head: "CPU", width: -4 },
  { head: "STEAL", width: -5 },
  { head: "REQ/S", width: -5 },
  { head: "P99MS", width: -5 },
  { head: "HIT", width: -4 },
  { head: "WAIT", width: -4 },
  { head: "READY", width: -5 },
  { head: "ALERT", width: -5 },
] as const;

export function plainHead(): string {
  return lineOf(COLUMNS.map(({ head }) => head));
}

/** One line a sample, for a file or a terminal that can't be drawn on: figures in columns, then what is wrong. */
export function plainLine(view: MonitorView, clock: Date): string {
  const { sample, machine, derived, link } = view;
  const time = timeOf(clock);
  const [cpu, steal] = [shareOf(machine?.cpu?.busy), shareOf(machine?.cpu?.steal)];
  if (!sample) {
    const { totalBytes = 1, availableBytes = 0 } = machine?.memory ?? {};
    const memory = machine ? percent(1 - availableBytes / totalBytes) : NONE;
    const figures = lineOf([time, link.state, memory, NONE, cpu, steal]);
    return `${figures}  ${printable(link.detail)}`.trimEnd();
  }
  const { memory, metrics, process, alerts, recentLatencyMs, health } = sample;
  const serving = process.workers.filter(({ state }) => state === "ready" || state === "busy").length;
  const slots = new Set(process.workers.map(({ slot }) => slot)).size;
  const figures = lineOf([
    time,
    link.state === "up" ? health.status : link.state,
    percent(memory.usage),
    memory.level,
    cpu,
    steal,
    rateOf(derived.requestsPerSecond),
    shortMs(recentLatencyMs.p99),
    shareOf(derived.hitRate),
    String(metrics.queue.waiting),
    `${serving}/${slots}`,
    String(alerts.length),
  ]);
  const faults = Object.entries(health.checks).filter(
    ([, { status }]) => status === "degraded" || status === "unhealthy",
  );
  return [figures, ...faults.map(([name, { detail }]) => printable(`${name}: ${detail}`))].join("  ");
}

function lineOf(cells: readonly string[]): string {
  const padded = cells.map((cell, at) => {
    const width = COLUMNS[at]?.width ?? 0;
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  });
  return padded.join(" ").trimEnd();
}
