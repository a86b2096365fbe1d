import type { AlertName, Severity } from "../../../lib/protocol/alerts.ts";
import type { AlertReading, AlertThresholds } from "./reading.ts";

/** The reading of now, and the oldest one within the rule's window. */
export interface Span {
  readonly now: AlertReading;
  readonly earlier: AlertReading;
}

/** One row of the table that the daemon judges by and docs/alerts.md and the Prometheus rules are made of. */
export interface AlertRule {
  readonly severity: Severity;
  /** One line, for whoever is woken. */
  readonly summary: string;
  readonly cause: string;
  /** What to do, with the command. */
  readonly help: string;
  /** How long it must hold before it fires. */
  readonly forMs: (thresholds: AlertThresholds) => number;
  /** How far back `measure` looks; 0 = now alone. */
  readonly windowMs: number;
  readonly threshold: (thresholds: AlertThresholds) => number;
  /** Null: nothing to judge by, such as a sample that is too small; then nothing fires, and what fires resolves. */
  readonly measure: (span: Span) => number | null;
  /** `below`: it fires where the measured value is under the threshold rather than at it or over it. */
  readonly below?: boolean;
  /** How far back over the threshold it must be to resolve. */
  readonly slack?: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MIN_CALLS = 50;
const MEMORY_RECYCLES = 5;
const MEMORY_SLACK = 0.05;
const DISK_SLACK = 0.01;

function memoryRule(severity: Severity, forMs: number, threshold: AlertRule["threshold"], help: string): AlertRule {
  return {
    severity,
    summary: `Memory is at the ${severity} level.`,
    cause: "The machine, the cgroup or the limit that was set is filling up.",
    help,
    forMs: () => forMs,
    windowMs: 0,
    threshold,
    measure: ({ now }) => now.memoryUsage,
    slack: MEMORY_SLACK,
  };
}

function flag(isSet: (reading: AlertReading) => boolean): Pick<AlertRule, "windowMs" | "threshold" | "measure"> {
  return { windowMs: 0, threshold: () => 1, measure: ({ now }) => Number(isSet(now)) };
}

/** Every alert there is. */
export const ALERT_RULES: Readonly<Record<AlertName, AlertRule>> = {
  "memory-warning": memoryRule(
    "warning",
    30 * SECOND,
    ({ memoryWarning }) => memoryWarning,
    "combot status shows who holds it; combot cleanup gives back what can be given.",
  ),
  "memory-critical": memoryRule(
    "critical",
    10 * SECOND,
    ({ memoryCritical }) => memoryCritical,
    "combot decisions shows what was done about it; stop what else runs here, or take a larger machine.",
  ),
  "memory-emergency": memoryRule(
    "emergency",
    0,
    ({ memoryEmergency }) => memoryEmergency,
    "Every model may be unloaded now: combot decisions tells; free memory, then combot model load.",
  ),
  "memory-hold": {
    severity: "critical",
    summary: "Recycling gave no memory back, and is no longer tried.",
    cause: "What fills the memory is not what a new worker gives back: a leak elsewhere, or limits set too low.",
    help: "combot decisions shows each try; combot status shows who holds the memory.",
    forMs: () => 0,
    ...flag(({ hold }) => hold === "hold"),
  },
  "pressure-not-ours": {
    severity: "critical",
    summary: "Memory is full, and not by combot.",
    cause: "All that combot could free would not leave the level; it is down to one worker.",
    help: "Find the process: ps -eo pid,rss,comm --sort=-rss | head.",
    forMs: () => 0,
    ...flag(({ hold }) => hold === "not ours"),
  },
  "memory-recycling": {
    severity: "warning",
    summary: "Workers are recycled for memory again and again.",
    cause: "The model and its batches do not fit beside what else runs here.",
    help: "combot decisions; fewer WORKERS, or a higher MEMORY_LIMIT where there is room.",
    forMs: () => 0,
    windowMs: 10 * MINUTE,
    threshold: () => MEMORY_RECYCLES,
    measure: ({ now, earlier }) => now.recycles.memory - earlier.recycles.memory,
  },
  "worker-crashes": {
    severity: "critical",
    summary: "Workers crash or hang again and again.",
    cause: "A broken model file, a text that kills the runtime, or the kernel's OOM killer.",
    help: "combot logs shows each end; combot model check DIR tries the model.",
    forMs: () => 0,
    windowMs: 10 * MINUTE,
    threshold: ({ crashes }) => crashes,
    measure: ({ now, earlier }) =>
      now.recycles.crash + now.recycles.hung - earlier.recycles.crash - earlier.recycles.hung,
  },
  "workers-held": {
    severity: "critical",
    summary: "No worker is started any more: too many ended before they served.",
    cause: "The model can't be loaded here.",
    help: "combot status has the reason; when it is mended, combot model load tries again.",
    forMs: () => 0,
    ...flag(({ workersHeld }) => workersHeld),
  },
  "model-down": {
    severity: "critical",
    summary: "No worker serves the model.",
    cause: "It takes longer to load than MODEL_LOAD_TIMEOUT, can't be loaded, or does not fit in memory.",
    help: "combot status has the reason.",
    forMs: ({ loadTimeoutMs }) => loadTimeoutMs,
    ...flag(({ workersWanted, workersServing }) => workersWanted > 0 && workersServing === 0),
  },
  errors: {
    severity: "critical",
    summary: "Classify calls fail.",
    cause: "A full queue, deadlines missed, no worker, or a defect; refused input does not count.",
    help: "combot status counts them by code; docs/errors.md says what each one means.",
    forMs: () => 0,
    windowMs: 5 * MINUTE,
    threshold: ({ errorRate }) => errorRate,
    measure: ({ now, earlier }) => {
      const calls = now.calls - earlier.calls;
      return calls < MIN_CALLS ? null : (now.failedCalls - earlier.failedCalls) / calls;
    },
  },
  disk: {
    severity: "warning",
    summary: "The disk that holds the state is nearly full.",
    cause: "The journal, prepared models, backups, or something else on the same file system.",
    help: "df -h and du -xh of COMBOT_STATE_DIR.",
    forMs: () => MINUTE,
    windowMs: 0,
    threshold: ({ diskFree }) => diskFree,
    measure: ({ now }) => now.diskFree,
    below: true,
    slack: DISK_SLACK,
  },
};
