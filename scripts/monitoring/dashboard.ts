import { format } from "prettier";
import { PANELS } from "./panels.ts";
import type { Panel } from "./panels.ts";

const WIDTH = 24;
const STAT = { w: 4, h: 4 };
const GRAPH = { w: 8, h: 7 };
const SOURCE = { type: "prometheus", uid: "${datasource}" };

interface Place {
  x: number;
  y: number;
  rowHeight: number;
}

/** templates/grafana/combot.json: imported as it is, it asks for its data source. */
export function dashboardFile(): Promise<string> {
  const dashboard = {
    title: "combot",
    uid: "combot",
    tags: ["combot"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: { list: variables() },
    panels: panels(),
  };
  return format(JSON.stringify(dashboard), { parser: "json", printWidth: 120 });
}

function variables() {
  return [
    { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
    {
      name: "instance",
      label: "Instance",
      type: "query",
      datasource: SOURCE,
      query: "label_values(combot_workers_ready, instance)",
      refresh: 2,
      includeAll: true,
      multi: true,
      allValue: ".*",
      current: { text: "All", value: "$__all" },
    },
  ];
}

function panels(): object[] {
  const place: Place = { x: 0, y: 0, rowHeight: 0 };
  return Object.entries(PANELS).flatMap(([title, row]) => {
    const heading = { type: "row", title, collapsed: false, panels: [], gridPos: put(place, { w: WIDTH, h: 1 }) };
    return [heading, ...row.map((panel) => panelOf(panel, place))];
  });
}

function panelOf({ title, unit, queries, stat }: Panel, place: Place): object {
  const targets = Object.entries(queries).map(([legendFormat, query], index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: SOURCE,
    expr: exprOf(query),
    legendFormat,
  }));
  return {
    type: stat ? "stat" : "timeseries",
    title,
    datasource: SOURCE,
    gridPos: put(place, stat ? STAT : GRAPH),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets,
  };
}

/** As Grafana sends it, its own variables apart. */
function exprOf(query: string): string {
  return query.replaceAll("$scope", 'instance=~"$instance"');
}

/** From left to right; a new line where one is full, and for each heading. */
function put(place: Place, { w, h }: { readonly w: number; readonly h: number }) {
  if (place.x + w > WIDTH) Object.assign(place, { x: 0, y: place.y + place.rowHeight, rowHeight: 0 });
  const at = { x: place.x, y: place.y, w, h };
  Object.assign(place, { x: place.x + w, rowHeight: Math.max(place.rowHeight, h) });
  return at;
}
