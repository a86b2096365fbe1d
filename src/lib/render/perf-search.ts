import type { PerfSearch, PerfStage, SearchStep } from "../protocol/perf.ts";
import type { Paint } from "./paint.ts";
import { figure, figureMs } from "./perf-figures.ts";
import { type Column, renderTable } from "./table.ts";
import { NONE, percent, wrapWords } from "./words.ts";

const STEPS: readonly Column[] = [
  { head: "RUN", align: "right" },
  { head: "OFFERED", align: "right" },
  { head: "" },
  ...["ANSWERED", "P50", "P99", "CPU", "MEMORY"].map((head) => ({ head, align: "right" as const })),
];
const STAGES: readonly Column[] = [
  { head: "FROM", align: "right" },
  { head: "OFFERED" },
  ...["ANSWERED", "FAILED", "P50", "P99"].map((head) => ({ head, align: "right" as const })),
];

/** Every rate that was tried, and below them what they come to. */
export function renderSearch(search: PerfSearch, width: number, paint: Paint): string {
  const rows = search.steps.map((step) => [
    String(step.run),
    figure("perSecond", step.ratePerSecond),
    step.held ? paint.good("held") : paint.bad("missed"),
    figure("perSecond", step.perSecond),
    ...[step.p50, step.p99].map((ms) => `${figureMs(ms)} ms`),
    ...[step.machineCpu, step.usage].map((share) => (share === null ? NONE : percent(share))),
  ]);
  const heads = STEPS.map((column) => ({ ...column, head: paint.faint(column.head) }));
  return [renderTable(heads, rows), ...boundLines(search, width)].join("\n\n");
}

function boundLines({ bound, isAtLeast }: PerfSearch, width: number): string[] {
  if (bound) return [wrapWords(`Bound by ${BOUND_WORDS[bound.by]}: ${bound.evidence.join("; ")}.`, width).join("\n")];
  return isAtLeast ? [] : [wrapWords("What bound it can't be told from what was seen.", width).join("\n")];
}

export const BOUND_WORDS = {
  cpu: "CPU",
  queue: "the queue",
  memory: "memory",
  redis: "Redis",
  generator: "the load generator",
} as const;

/** One rate, as it is told while the search goes on. */
export function renderSearchStep(step: SearchStep): string {
  const { run, ratePerSecond, held, why, p50, p99, machineCpu, usage } = step;
  const parts = [
    `run ${run}`,
    `${figure("perSecond", ratePerSecond)} ${held ? "held" : "missed"}`,
    `p50 ${figureMs(p50)} p99 ${figureMs(p99)} ms`,
    ...(machineCpu === null ? [] : [`cpu ${percent(machineCpu)}`]),
    ...(usage === null ? [] : [`memory ${percent(usage)}`]),
    ...(why === null ? [] : [why]),
  ];
  return parts.join(" | ");
}

export function renderStages(stages: readonly PerfStage[], paint: Paint): string {
  const rows = stages.map(({ atSeconds, fromPerSecond, toPerSecond, answered, failed, p50, p99 }) => [
    `${Number(atSeconds.toFixed(1))} s`,
    fromPerSecond === toPerSecond
      ? figure("perSecond", toPerSecond)
      : `${figure("perSecond", fromPerSecond)} to ${figure("perSecond", toPerSecond)}`,
    String(answered),
    String(failed),
    ...[p50, p99].map((ms) => (ms === null ? NONE : `${figureMs(ms)} ms`)),
  ]);
  return renderTable(
    STAGES.map((column) => ({ ...column, head: paint.faint(column.head) })),
    rows,
  );
}
