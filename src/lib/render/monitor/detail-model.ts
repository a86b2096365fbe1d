import { LATENCY_CLASSES } from "../../protocol/latency-classes.ts";
import type { MemoryReport } from "../../protocol/memory.ts";
import { formatBytes } from "../../units.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { shortCount, shortMs } from "../words.ts";
import { row } from "./cells.ts";
import { batchRows, ownDecisions, sumBatches } from "./detail-blocks.ts";
import type { DetailParts } from "./options.ts";
import { processTable } from "./process-table.ts";
import { modelRows } from "./service-rows.ts";

const ROOMY = 26;

/** All about one model: what its workers take and have served together, how long their batches were, its decisions. */
export function modelDetail(
  model: MemoryReport["model"],
  { width, height, glyphs, view, sample, mode }: DetailParts,
): Line[] {
  const isRoomy = height >= ROOMY;
  const space = { width, glyphs, maxLines: isRoomy ? 3 : 1 };
  const workers = sample.process.workers.filter((worker) => worker.model === undefined);
  const sum = (of: "users" | "requests"): number => workers.reduce((all, worker) => all + worker[of], 0);
  const latencies = LATENCY_CLASSES.map((name) => {
    const { p50, p99 } = sample.metrics.latencyMs[name];
    return `${name} p50 ${shortMs(p50)} p99 ${shortMs(p99)} ms`;
  });
  const pids = new Set(workers.map(({ pid }) => pid));
  const ownBytes = sample.memory.processes
    .filter(({ pid }) => pids.has(pid))
    .reduce((all, one) => all + one.privateBytes, 0);
  const facts = [
    ...modelRows(model, { ...space, maxLines: 2 }),
    ...row(
      "served",
      [`${shortCount(sum("requests"))} texts by ${workers.length} workers`, `${shortCount(sum("users"))} users`],
      space,
    ),
    ...row("memory", [`PSS ${formatBytes(model.bytes)}`, `${formatBytes(ownBytes)} of it private`], space),
    ...row("latency", latencies, { ...space, maxLines: Math.max(2, space.maxLines) }),
    ...batchRows(sumBatches(workers.map(({ batches }) => batches)), space),
  ];
  const gap: Line[] = isRoomy ? [[]] : [];
  const own = { ...sample, process: { ...sample.process, workers } };
  const table = processTable(own, view.derived.processCpu, space, { ...mode, selected: null, filter: "worker" });
  const left = height - facts.length - table.length - 2 * gap.length;
  const decisions = view.decisions.filter(({ action, model: named }) => action !== "level" && named === undefined);
  return [...facts, ...gap, ...table, ...gap, ...(left > 0 ? ownDecisions(decisions, left, space) : [[span("")]])];
}
