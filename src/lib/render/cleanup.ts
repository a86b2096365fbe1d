import type { CleanupReply, CleanupSnapshot } from "../protocol/cleanup.ts";
import type { ProcessMemory } from "../protocol/memory.ts";
import { formatBytes, formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { type Column, renderTable } from "./table.ts";
import { NONE, cameBack } from "./words.ts";

const MEASURED: readonly Column[] = [
  { head: "MEMORY" },
  { head: "PID", align: "right" },
  { head: "BEFORE", align: "right" },
  { head: "AFTER", align: "right" },
  { head: "FREED", align: "right" },
];
const DONE: readonly Column[] = [
  { head: "ACTION" },
  { head: "REASON" },
  { head: "FREED", align: "right" },
  { head: "TOOK", align: "right" },
];
const PLANNED: readonly Column[] = [
  { head: "LEVEL" },
  { head: "ACTION" },
  { head: "REASON" },
  { head: "WOULD FREE", align: "right" },
];

/** What was measured before and after, what was done, and what came back. */
export function renderCleanup(reply: CleanupReply, paint: Paint): string {
  const { before, after, actions, freedBytes, durationMs } = reply;
  const done = actions.map(({ action, reason, freedBytes: freed, durationMs: took }) => {
    return [action, reason, cameBack(freed), formatDuration(took)];
  });
  const time = formatDuration(durationMs);
  const total = freedBytes > 0 ? `Freed ${cameBack(freedBytes)} in ${time}.` : `Nothing came back in ${time}.`;
  return [table(MEASURED, measuredRows(before, after), paint), table(DONE, done, paint), total].join("\n\n");
}

/** What each level would do now, and about how much would come back. */
export function renderCleanupPlans(plans: readonly CleanupReply[], paint: Paint): string {
  const rows = plans.flatMap(({ level, actions }) => {
    const total = actions.reduce((sum, { freedBytes }) => sum + freedBytes, 0);
    return [
      ...actions.map(({ action, reason, freedBytes }, index) => {
        return [index === 0 ? level : "", action, reason, cameBack(freedBytes)];
      }),
      ["", paint.strong("all of it"), "", paint.strong(cameBack(total))],
    ];
  });
  return `${table(PLANNED, rows, paint)}\n\nNothing was done. The figures are estimates.`;
}

function measuredRows(before: CleanupSnapshot, after: CleanupSnapshot): string[][] {
  const pids = new Set([...before.processes, ...after.processes].map(({ pid }) => pid));
  return [
    ...[...pids].map((pid) => processRow(pid, find(before, pid), find(after, pid))),
    row("mapped files", "", mappedBytes(before), mappedBytes(after)),
    row("in-memory cache", "", before.cacheBytes, after.cacheBytes),
    row(`used of ${formatBytes(after.limitBytes)}`, "", before.usedBytes, after.usedBytes),
  ];
}

function processRow(pid: number, before: ProcessMemory | undefined, after: ProcessMemory | undefined): string[] {
  const role = (after ?? before)?.role ?? "";
  return row(role, String(pid), before && ownBytes(before), after && ownBytes(after));
}

function row(name: string, pid: string, before: number | undefined, after: number | undefined): string[] {
  const cells = [before, after].map((bytes) => (bytes === undefined ? NONE : formatBytes(bytes)));
  return [name, pid, ...cells, formatBytes((before ?? 0) - (after ?? 0))];
}

function find({ processes }: CleanupSnapshot, pid: number): ProcessMemory | undefined {
  return processes.find((process) => process.pid === pid);
}

/** What no file backs, and so comes back when the process ends. */
function ownBytes({ rssBytes, mappedBytes }: ProcessMemory): number {
  return Math.max(0, rssBytes - mappedBytes);
}

/** Pages of files, which the processes share and the kernel may drop; each one counted once. */
function mappedBytes({ processes }: CleanupSnapshot): number {
  return processes.reduce((sum, process) => sum + Math.max(0, process.pssBytes - ownBytes(process)), 0);
}

function table(columns: readonly Column[], rows: readonly (readonly string[])[], paint: Paint): string {
  return renderTable(
    columns.map((column) => ({ ...column, head: paint.faint(column.head) })),
    rows,
  );
}
