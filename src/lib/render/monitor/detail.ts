import { entriesOf, placeOf } from "../../monitor/entries.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { Line } from "../line.ts";
import { row } from "./cells.ts";
import { daemonDetail } from "./detail-daemon.ts";
import { namedDetail } from "./detail-named.ts";
import { modelDetail } from "./detail-model.ts";
import { workerDetail } from "./detail-worker.ts";
import type { PageOptions } from "./options.ts";

/** All about what is selected. @param options with the lines there are for it. */
export function detailLines(view: MonitorView, options: PageOptions): readonly Line[] {
  const { mode, width, glyphs } = options;
  const { sample, derived } = view;
  const space = { width, glyphs, maxLines: 3 };
  if (!sample) return row("detail", ["nothing is known of it now"], space);
  const entries = entriesOf(sample, derived.processCpu, { sort: "slot", filter: "" });
  const entry = entries.find(({ key }) => key === mode.selected) ?? sameSlot(entries, mode.selected);
  const parts = { ...options, view, sample };
  if (entry?.kind === "worker") return workerDetail(entry.worker, parts);
  if (entry?.kind === "model") return modelDetail(entry.model, parts);
  if (entry?.kind === "named") return namedDetail(entry.named, parts);
  if (entry?.kind === "daemon") return daemonDetail(parts);
  return row("detail", [`${mode.selected ?? "it"} has ended`, "enter leads back"], space);
}

/** A worker that was replaced meanwhile, or that is another one at this moment of the past: the one in its slot. */
function sameSlot(
  entries: ReturnType<typeof entriesOf>,
  selected: string | null,
): (typeof entries)[number] | undefined {
  const [kind, place] = (selected ?? "").split(" ");
  if (kind === "model") return entries.find((entry) => entry.kind === "model");
  return entries.find((entry) => entry.kind === "worker" && kind === "worker" && placeOf(entry.worker) === place);
}
