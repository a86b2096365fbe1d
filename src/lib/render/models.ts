import type { ModelRow, ModelsReply, RescanReply } from "../protocol/models.ts";
import { formatBytes, formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";
import { NONE } from "./words.ts";

const COLUMNS = [
  { head: "MODEL" },
  { head: "STATE" },
  { head: "WORKERS", align: "right" },
  { head: "MEMORY", align: "right" },
  { head: "NEEDS", align: "right" },
  { head: "P99", align: "right" },
  { head: "LOADS", align: "right" },
  { head: "ENDED", align: "right" },
  { head: "UNLOADS IN", align: "right" },
] as const;

/** A row a model, and below it what is wrong with those that can't be served. */
export function renderModels({ models, dir }: ModelsReply, paint: Paint): string {
  const table = renderTable(COLUMNS, models.map(cellsOf));
  const faults = models.flatMap(({ name, reason }) => (reason === null ? [] : [paint.careful(`${name}: ${reason}`)]));
  const where =
    dir === null ? ["COMBOT_MODELS_DIR names a folder with a folder for each model that is served by its name."] : [];
  return [table, ...faults, ...where].join("\n");
}

function cellsOf(row: ModelRow): string[] {
  const { name, pinned, state, workers, bytes, needs, p99Ms, loads, evictions, unloadsInSeconds } = row;
  return [
    pinned ? `${name} (pinned)` : name,
    state,
    String(workers),
    bytes === 0 ? NONE : formatBytes(bytes),
    needs === null ? NONE : formatBytes(needs),
    p99Ms === null ? NONE : formatDuration(p99Ms),
    String(loads),
    String(evictions),
    unloadsInSeconds === null ? NONE : formatDuration(unloadsInSeconds * 1000),
  ];
}

/** A line for each model that is another than before. */
export function renderRescan({ added, changed, removed, failed, unchanged }: RescanReply, paint: Paint): string {
  const lines = [
    ...added.map((name) => `${name}: new`),
    ...changed.map((name) => `${name}: changed`),
    ...removed.map((name) => `${name}: gone`),
    ...failed.map(({ name, reason }) => paint.careful(`${name}: can't be served: ${reason}`)),
  ];
  const same = unchanged === 1 ? "1 model is" : `${unchanged} models are`;
  return [...lines, `${same} as before.`].join("\n");
}

export function renderPin({ name, pinned }: ModelRow): string {
  return pinned
    ? `${name} is pinned: it is ended neither to make room nor for being idle.`
    : `${name} is not pinned any more.`;
}
