import type { AlertName, Severity } from "../../../../lib/protocol/alerts.ts";
import { atOnce, flag, SECOND } from "../rule.ts";
import type { AlertRule } from "../rule.ts";

const RECYCLES = 5;
const SLACK = 0.05;

function level(
  severity: Severity,
  forMs: AlertRule["forMs"],
  threshold: AlertRule["threshold"],
  help: string,
): AlertRule {
  return {
    severity,
    summary: `Memory is at the ${severity} level.`,
    cause: "The machine, the cgroup or the limit that was set is filling up.",
    help,
    forMs,
    windowMs: atOnce,
    threshold,
    measure: ({ now }) => now.memoryUsage,
    promql: () => "combot_memory_usage_ratio",
    measures: "share of the memory limit in use",
    slack: SLACK,
  };
}

export const MEMORY_RULES = {
  "memory-warning": level(
    "warning",
    ({ afterMs }) => afterMs,
    ({ memoryWarning }) => memoryWarning,
    "combot status shows who holds it; combot cleanup gives back what can be given.",
  ),
  "memory-critical": level(
    "critical",
    ({ afterMs }) => Math.min(afterMs, 10 * SECOND),
    ({ memoryCritical }) => memoryCritical,
    "combot decisions shows what was done about it; stop what else runs here, or take a larger machine.",
  ),
  "memory-emergency": level(
    "emergency",
    atOnce,
    ({ memoryEmergency }) => memoryEmergency,
    "Every model may be unloaded now: combot decisions tells; free memory, then combot model load.",
  ),
  "memory-hold": {
    severity: "critical",
    summary: "Recycling gave no memory back, and is no longer tried.",
    cause: "What fills the memory is not what a new worker gives back: a leak elsewhere, or limits set too low.",
    help: "combot decisions shows each try; combot status shows who holds the memory.",
    forMs: atOnce,
    ...flag("while nothing more is tried", ({ hold }) => hold === "hold", "combot_memory_held"),
  },
  "pressure-not-ours": {
    severity: "critical",
    summary: "Memory is full, and not by combot.",
    cause: "All that combot could free would not leave the level; it is down to one worker.",
    help: "Find the process: ps -eo pid,rss,comm --sort=-rss | head.",
    forMs: atOnce,
    ...flag("while others fill it", ({ hold }) => hold === "not ours", "combot_memory_pressure_foreign"),
  },
  "memory-recycling": {
    severity: "warning",
    summary: "Workers are recycled for memory again and again.",
    cause: "The model and its batches do not fit beside what else runs here.",
    help: "combot decisions; fewer WORKERS, or a higher MEMORY_LIMIT where there is room.",
    forMs: atOnce,
    windowMs: ({ windowMs }) => windowMs,
    threshold: () => RECYCLES,
    measure: ({ now, earlier }) => now.recycles.memory - earlier.recycles.memory,
    promql: (window) => `increase(combot_worker_recycles_total{reason="memory"}[${window}])`,
    measures: "workers recycled for memory",
  },
  "memory-unmeasured": {
    severity: "critical",
    summary: "Memory can't be measured, and nothing is done about it.",
    cause:
      "/proc is mounted without what is not a process (subset=pid, ProcSubset=pid), files can't be opened, or MEMORY_SOURCE is cgroup where no cgroup has a limit.",
    help: "combot status says why; mount all of /proc, or set MEMORY_LIMIT, which goes by combot's own processes.",
    forMs: ({ afterMs }) => Math.min(afterMs, 10 * SECOND),
    ...flag("while it can't be measured", ({ memoryUnmeasured }) => memoryUnmeasured, "combot_memory_unmeasured"),
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;
