import type { ProcessStatus, WorkerState, WorkerStatus } from "../protocol/process.ts";
import { formatBytes, formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { type Column, renderTable } from "./table.ts";
import { NONE, shortCount } from "./words.ts";

const COLUMNS: readonly Column[] = [
  { head: "SLOT", align: "right" },
  { head: "PID", align: "right" },
  { head: "STATE" },
  { head: "GEN", align: "right" },
  { head: "USERS", align: "right" },
  { head: "REQUESTS", align: "right" },
  { head: "UPTIME", align: "right" },
  { head: "RSS", align: "right" },
  { head: "PSS", align: "right" },
  { head: "DUE BY" },
];

const STATE_TONES: Readonly<Record<WorkerState, keyof Paint>> = {
  starting: "careful",
  ready: "good",
  busy: "good",
  draining: "careful",
  stopped: "faint",
  backoff: "bad",
};

/** A row for each worker process; users and requests as `count/limit`, the limit left out where it is off. */
export function renderWorkers({ workers, limits }: ProcessStatus, paint: Paint): string {
  if (workers.length === 0) return "No workers.";
  return renderTable(
    COLUMNS.map((column) => ({ ...column, head: paint.faint(column.head) })),
    workers.map((worker) => cells(worker, limits, paint)),
  );
}

function cells(worker: WorkerStatus, { maxUsers, maxRequests }: ProcessStatus["limits"], paint: Paint): string[] {
  const { pid, rssBytes, pssBytes, dueBy } = worker;
  return [
    String(worker.slot),
    pid === null ? NONE : String(pid),
    paint[STATE_TONES[worker.state]](worker.state),
    String(worker.generation),
    ofLimit(worker.users, maxUsers),
    ofLimit(worker.requests, maxRequests),
    pid === null ? NONE : formatDuration(worker.uptimeSeconds * 1000),
    rssBytes === null ? NONE : formatBytes(rssBytes),
    pssBytes === null ? NONE : formatBytes(pssBytes),
    dueBy === null ? NONE : paint.careful(dueBy),
  ];
}

function ofLimit(count: number, limit: number): string {
  return limit === 0 ? shortCount(count) : `${shortCount(count)}/${shortCount(limit)}`;
}
