import { keyOfModel, matches } from "../../monitor/entries.ts";
import type { SampledModel } from "../../monitor/entries.ts";
import type { Mode } from "../../monitor/mode.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { ModelState } from "../../protocol/models.ts";
import { formatBytes } from "../../units.ts";
import { printable, span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import { NONE, shortCount, shortMs } from "../words.ts";
import { rateOf, tightDuration } from "./cells.ts";
import type { RowSpace, Tone } from "./cells.ts";
import { fittedTable } from "./fitted-table.ts";
import type { FittedColumn } from "./fitted-table.ts";

const COLUMNS: readonly FittedColumn[] = [
  { head: "MODEL", spare: 0 },
  { head: "STATE", spare: 0 },
  { head: "WORKERS", align: "right", spare: 5 },
  { head: "MEMORY", align: "right", spare: 1 },
  { head: "NEEDS", align: "right", spare: 7 },
  { head: "CALLS/S", align: "right", spare: 2 },
  { head: "WAITING", align: "right", spare: 6 },
  { head: "P99MS", align: "right", spare: 4 },
  { head: "LOADS", align: "right", spare: 8 },
  { head: "ENDED", align: "right", spare: 9 },
  { head: "UNLOADS", spare: 3 },
];

export const MODEL_TONES: Readonly<Record<ModelState, Tone>> = {
  unloaded: "faint",
  loading: "careful",
  ready: "good",
  draining: "careful",
  failed: "bad",
};

/** A name may have 64 characters, and the figures are what is looked for. */
const LONGEST_NAME = 24;

/** Where there are several models, a row for each: how it stands, what it takes and serves, and when it goes. */
export function modelTable(
  { sample, derived }: Pick<MonitorView, "sample" | "derived">,
  { width, glyphs }: RowSpace,
  mode: Pick<Mode, "selected" | "filter"> = { selected: null, filter: "" },
): Line[] {
  const models = (sample?.models ?? []).filter(({ name, state }) => matches(`model ${name} ${state}`, mode.filter));
  if (!sample || models.length === 0) return [];
  const rows = models.map((model) => {
    const cells = cellsOf(model, derived.modelRates?.get(model.name) ?? null, glyphs.more);
    if (mode.selected === null) return cells;
    const isSelected = mode.selected === keyOfModel(model, sample);
    const [name = span(""), ...others] = cells;
    const text = `${isSelected ? glyphs.pointer : " "} ${name.text}`;
    return [isSelected ? span(text, "strong") : span(text), ...others];
  });
  return fittedTable(COLUMNS, rows, width);
}

function cellsOf(model: SampledModel, rate: number | null, more: string): Span[] {
  const { name, state, workers, bytes, needs, waiting, p99Ms, loads, evictions, pinned, unloadsInSeconds } = model;
  const short =
    name.length > LONGEST_NAME ? printable(name.slice(0, LONGEST_NAME - more.length)) + more : printable(name);
  const until = unloadsInSeconds === null ? NONE : `in ${tightDuration(unloadsInSeconds * 1000)}`;
  return [
    span(short),
    span(state, MODEL_TONES[state]),
    span(String(workers)),
    span(bytes === 0 ? NONE : formatBytes(bytes)),
    span(needs === null ? NONE : formatBytes(needs)),
    span(rateOf(rate)),
    span(String(waiting)),
    span(shortMs(p99Ms)),
    span(shortCount(loads)),
    span(shortCount(evictions)),
    span(pinned ? "pinned" : until),
  ];
}
