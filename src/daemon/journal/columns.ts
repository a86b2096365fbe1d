import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { EventKind } from "./events.ts";

export interface Column {
  readonly name: string;
  readonly type: "text" | "int" | "real" | "json";
}

/** How a column of the minutes is put together over a longer stretch. */
type Together = "sum" | "max";

const LATENCIES = LATENCY_CLASSES.flatMap((name): [string, Column["type"], Together][] => [
  [`${name}_p50`, "real", "max"],
  [`${name}_p90`, "real", "max"],
  [`${name}_p99`, "real", "max"],
]);

const MEASURED: readonly [string, Column["type"], Together][] = [
  ["span_ms", "int", "sum"],
  ["requests", "int", "sum"],
  ["texts", "int", "sum"],
  ["errors", "int", "sum"],
  ["hits", "int", "sum"],
  ["misses", "int", "sum"],
  ["recycles", "int", "sum"],
  ["decided", "int", "sum"],
  ["unsure", "int", "sum"],
  ["users", "int", "max"],
  ["usage", "real", "max"],
  ["level", "int", "max"],
  ...LATENCIES,
];

const MEASURED_BY_MODEL: readonly [string, Column["type"], Together][] = [
  ["requests", "int", "sum"],
  ["failures", "int", "sum"],
  ["texts", "int", "sum"],
  ["cached_texts", "int", "sum"],
  ["answered_ms", "real", "sum"],
  ["p99_ms", "real", "max"],
  ["loads", "int", "sum"],
  ["evictions", "int", "sum"],
];

export const MODEL_HISTORY_COLUMNS = MEASURED_BY_MODEL.map(([name, , together]) => ({ name, together }));
export const HISTORY_COLUMNS = MEASURED.map(([name, , together]) => ({ name, together }));

export const COLUMNS = {
  decision: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "action", type: "text" },
    { name: "reason", type: "text" },
    { name: "body", type: "json" },
  ],
  minute: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    ...MEASURED.map(([name, type]) => ({ name, type })),
  ],
  moment: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "body", type: "json" },
  ],
  alert: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "name", type: "text" },
    { name: "state", type: "text" },
    { name: "body", type: "json" },
  ],
  texts: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "digest", type: "text" },
    { name: "count", type: "int" },
    { name: "text", type: "text" },
  ],
  inbox: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "model", type: "text" },
    { name: "digest", type: "text" },
    { name: "count", type: "int" },
    { name: "ambiguous", type: "int" },
    { name: "label", type: "text" },
    { name: "score", type: "real" },
    { name: "text", type: "text" },
  ],
  answers: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "model", type: "text" },
    { name: "basis", type: "text" },
    { name: "decided", type: "int" },
    { name: "unsure", type: "int" },
  ],
  models: [
    { name: "id", type: "text" },
    { name: "at_ms", type: "int" },
    { name: "model", type: "text" },
    ...MEASURED_BY_MODEL.map(([name, type]) => ({ name, type })),
  ],
} as const satisfies Record<EventKind, readonly Column[]>;
