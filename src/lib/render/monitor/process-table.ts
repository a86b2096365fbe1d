import { entriesOf } from "../../monitor/entries.ts";
import type { Sort } from "../../monitor/entries.ts";
import type { Mode } from "../../monitor/mode.ts";
import type { MonitorView } from "../../monitor/state.ts";
import type { Sample } from "../../protocol/events.ts";
import type { WorkerState, WorkerStatus } from "../../protocol/process.ts";
import { span } from "../line.ts";
import type { Line, Span } from "../line.ts";
import { NONE, shortCount } from "../words.ts";
import { bytesOf, shareOf, tightDuration } from "./cells.ts";
import type { RowSpace, Tone } from "./cells.ts";
import { fittedTable } from "./fitted-table.ts";
import type { FittedColumn } from "./fitted-table.ts";

const COLUMNS: readonly FittedColumn[] = [
  { head: "PROCESS", spare: 0 },
  { head: "PID", align: "right", spare: 0 },
  { head: "STATE", spare: 0 },
  { head: "USERS", align: "right", spare: 1 },
  { head: "REQUESTS", align: "right", spare: 2 },
  { head: "UPTIME", align: "right", spare: 3 },
  { head: "PSS", align: "right", spare: 4 },
  { head: "RSS", align: "right", spare: 8 },
  { head: "CPU", align: "right", spare: 5 },
  { head: "GEN", align: "right", spare: 7 },
  { head: "NEXT RECYCLE", spare: 6 },
];

export const STATE_TONES: Readonly<Record<WorkerState, Tone>> = {
  starting: "careful",
  ready: "good",
  busy: "good",
  draining: "careful",
  stopped: "faint",
  backoff: "bad",
};

/** The column that each order goes by. */
const SORTED_BY: Readonly<Record<Sort, string>> = {
  slot: "",
  memory: "PSS",
  cpu: "CPU",
  users: "USERS",
  requests: "REQUESTS",
  uptime: "UPTIME",
};

type Chosen = Pick<Mode, "selected" | "sort" | "filter">;
const ALL: Chosen = { selected: null, sort: "slot", filter: "" };

/** The daemon and each worker: what it has served of its limits, what it takes, and what replaces it next and when. */
export function processTable(
  processes: Processes,
  cpu: CpuByPid,
  { width, glyphs }: RowSpace,
  { selected, ...choice }: Chosen = ALL,
): Line[] {
  const entries = entriesOf(processes, cpu, choice).filter(({ kind }) => kind === "daemon" || kind === "worker");
  const rows = entries.map((entry) => {
    const cells = entry.kind === "worker" ? workerCells(entry.worker, cpu) : daemonCells(processes, cpu);
    return selected === null ? cells : pointed(cells, entry.key === selected ? glyphs.pointer : " ");
  });
  const columns = COLUMNS.map((column) =>
    column.head === SORTED_BY[choice.sort] ? { ...column, head: `${column.head}${glyphs.down}`, spare: 0 } : column,
  );
  return fittedTable(columns, rows, width);
}

/** Where something is selected, every row has room for the pointer. */
function pointed([name = span(""), ...cells]: readonly Span[], pointer: string): Span[] {
  const isSelected = pointer !== " ";
  return [span(`${pointer} ${name.text}`, isSelected ? "strong" : name.tone), ...cells];
}

type Processes = Pick<Sample, "process" | "memory" | "health">;
type CpuByPid = MonitorView["derived"]["processCpu"];

function daemonCells({ process, memory, health }: Processes, cpu: CpuByPid): Span[] {
  const { pid, rssBytes, uptimeSeconds } = process.daemon;
  const pssBytes = memory.processes.find((one) => one.pid === pid)?.pssBytes ?? null;
  const tone = { ok: "good", degraded: "careful", unhealthy: "bad" } as const;
  return [
    span("daemon"),
    span(String(pid)),
    span(health.status, tone[health.status]),
    span(""),
    span(""),
    span(tightDuration(uptimeSeconds * 1000)),
    span(bytesOf(pssBytes)),
    span(bytesOf(rssBytes)),
    span(shareOf(cpu.get(pid))),
  ];
}

function workerCells(worker: WorkerStatus, cpu: CpuByPid): Span[] {
  const { slot, model = "worker", pid, state, limits, users, requests, uptimeSeconds, generation } = worker;
  const uptimeMs = uptimeSeconds * 1000;
  const ofLimit = (count: number, limit = 0): string =>
    limit === 0 ? shortCount(count) : `${shortCount(count)}/${shortCount(limit)}`;
  const most = limits?.maxUptimeSeconds ? `/${tightDuration(limits.maxUptimeSeconds * 1000)}` : "";
  return [
    span(`${model} ${slot}`),
    span(pid === null ? NONE : String(pid)),
    span(state, STATE_TONES[state]),
    span(ofLimit(users, limits?.maxUsers)),
    span(ofLimit(requests, limits?.maxRequests)),
    span(pid === null ? NONE : `${tightDuration(uptimeMs)}${most}`),
    span(bytesOf(worker.pssBytes)),
    span(bytesOf(worker.rssBytes)),
    span(pid === null ? NONE : shareOf(cpu.get(pid))),
    span(String(generation)),
    nextOf(worker),
  ];
}

/** `users in 12m`; `users: due` where the limit is reached. */
function nextOf({ dueBy, next }: WorkerStatus): Span {
  if (dueBy !== null) return span(`${dueBy}: due`, "careful");
  if (!next) return span(NONE);
  return span(`${next.reason} in ${next.inSeconds < 1 ? "0s" : tightDuration(next.inSeconds * 1000)}`);
}
