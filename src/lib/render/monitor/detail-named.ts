import type { SampledModel } from "../../monitor/entries.ts";
import { formatBytes, formatDuration } from "../../units.ts";
import { printable, span } from "../line.ts";
import type { Line } from "../line.ts";
import { NONE, shortCount, shortMs } from "../words.ts";
import { rateOf, row } from "./cells.ts";
import { batchRows, ownDecisions, sumBatches } from "./detail-blocks.ts";
import { MODEL_TONES } from "./model-table.ts";
import type { DetailParts } from "./options.ts";
import { processTable } from "./process-table.ts";

const ROOMY = 26;

/** All about one of several models: how it stands among them, what its workers take and serve, its decisions. */
export function namedDetail(model: SampledModel, { width, height, glyphs, view, sample, mode }: DetailParts): Line[] {
  const isRoomy = height >= ROOMY;
  const space = { width, glyphs, maxLines: isRoomy ? 3 : 1 };
  const { name, digest, state, reason, bytes, needs, pinned, waiting, unloadsInSeconds } = model;
  const workers = sample.process.workers.filter((worker) => worker.model === name);
  const goes =
    unloadsInSeconds === null ? "stays as it is" : `unloads in ${formatDuration(unloadsInSeconds * 1000)} if idle`;
  const facts = [
    ...row("model", [printable(name), [span(state, MODEL_TONES[state])], pinned ? "pinned" : goes, digest ?? NONE], {
      ...space,
      maxLines: 2,
    }),
    ...(reason === null ? [] : row("reason", [[span(printable(reason), "careful")]], { ...space, maxLines: 3 })),
    ...row(
      "traffic",
      [
        `${rateOf(view.derived.modelRates?.get(name) ?? null)} calls/s`,
        `${shortCount(model.calls)} calls`,
        `p99 ${shortMs(model.p99Ms)} ms`,
        `${waiting} waiting`,
        model.lastUsed === null ? "not asked yet" : `asked last at ${model.lastUsed.slice(11, 19)}Z`,
      ],
      space,
    ),
    ...row(
      "memory",
      [
        `PSS ${formatBytes(bytes)}`,
        `a worker needs ${needs === null ? NONE : formatBytes(needs)}`,
        `loaded ${shortCount(model.loads)} times`,
        `ended ${shortCount(model.evictions)} times for others`,
      ],
      space,
    ),
    ...batchRows(sumBatches(workers.map(({ batches }) => batches)), space),
  ];
  const gap: Line[] = isRoomy ? [[]] : [];
  const own = { ...sample, process: { ...sample.process, workers } };
  const table = processTable(own, view.derived.processCpu, space, { ...mode, selected: null, filter: "worker" });
  const left = height - facts.length - table.length - 2 * gap.length;
  const decisions = view.decisions.filter((decision) => decision.model === name);
  return [...facts, ...gap, ...table, ...gap, ...(left > 0 ? ownDecisions(decisions, left, space) : [[span("")]])];
}
