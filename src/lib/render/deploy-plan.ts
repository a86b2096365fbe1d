import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";

/** What a plan does to a path or a unit. */
export interface PlanRow {
  readonly act: string;
  readonly what: string;
}

const COLOURS: Readonly<Record<string, keyof Paint>> = {
  create: "good",
  start: "good",
  install: "good",
  change: "careful",
  restart: "careful",
  remove: "bad",
  stop: "bad",
  keep: "faint",
  unknown: "careful",
};

/** The plan as a table: changes first, what stays is counted. */
export function renderPlan(rows: readonly PlanRow[], paint: Paint): string {
  const changed = rows.filter(({ act }) => act !== "keep");
  const kept = rows.length - changed.length;
  const cells = changed.map(({ act, what }) => [paint[COLOURS[act] ?? "strong"](act), what]);
  const table = changed.length > 0 ? [renderTable([{ head: "do" }, { head: "what" }], cells)] : [];
  return [...table, ...(kept > 0 ? [paint.faint(`${kept} stay as they are`)] : [])].join("\n");
}
