import type { AlertName } from "../../../../lib/protocol/alerts.ts";
import { LEAST_NOW } from "../../drift.ts";
import { atOnce, flag, SAME, SECOND, shareOf } from "../rule.ts";
import type { AlertRule } from "../rule.ts";

const MIN_CALLS = 50;
/** One that stays ten times as long as its load took loads for a tenth of the time at most. */
const MUCH_LOADING = 0.1;
const LOADING_SLACK = 0.02;

export const SERVING_RULES = {
  "worker-crashes": {
    severity: "critical",
    summary: "Workers crash or hang again and again.",
    cause:
      "A text that kills the runtime, a broken model file, or the kernel's OOM killer; a candidate that was refused does not count.",
    help: "combot logs shows each end; combot model check DIR tries the model.",
    forMs: atOnce,
    windowMs: ({ windowMs }) => windowMs,
    threshold: ({ crashes }) => crashes,
    measure: ({ now, earlier }) =>
      now.recycles.crash + now.recycles.hung - earlier.recycles.crash - earlier.recycles.hung,
    promql: (window) =>
      `sum by (job, instance) (increase(combot_worker_recycles_total{reason=~"crash|hung"}[${window}]))`,
    measures: "workers that crashed or hung",
  },
  "workers-held": {
    severity: "critical",
    summary: "Workers do not come to serve, try after try.",
    cause:
      "Five tries in a row failed: the model can't be loaded here, or the machine refuses processes, threads, files or memory, or something kills them; or a worker does not fit in memory.",
    help: "combot status has the reason and when the next try is: one a minute, for ever; combot model load tries at once.",
    forMs: atOnce,
    ...flag(
      "while workers are missing and try after try fails, or none fits",
      ({ workersHeld }) => workersHeld,
      "combot_workers_held",
    ),
  },
  "model-down": {
    severity: "critical",
    summary: "No worker serves the model.",
    cause: "It takes longer to load than MODEL_LOAD_TIMEOUT, can't be loaded, or does not fit in memory.",
    help: "combot status has the reason.",
    forMs: ({ loadTimeoutMs }) => loadTimeoutMs,
    ...flag(
      "while workers should serve and none does",
      ({ workersWanted, workersServing }) => workersWanted > 0 && workersServing === 0,
      "((combot_workers_wanted > bool 0) * (combot_workers_ready == bool 0))",
    ),
  },
  "weights-unshared": {
    severity: "warning",
    summary: "Each worker holds the model's weights by itself.",
    cause:
      "The prepared weights can't be written (a full disk, or COMBOT_STATE_DIR is not ours to write), or they don't answer like the model's file.",
    help: "combot status has the reason. What may pass is tried again after a minute to an hour, when a worker starts; a restart of the daemon tries at once.",
    forMs: atOnce,
    ...flag("while workers load the plain file", ({ weightsUnshared }) => weightsUnshared, "combot_weights_unshared"),
  },
  "model-changed": {
    severity: "warning",
    summary: "The model's folder is no longer what serves.",
    cause: "Its files were written, moved or removed since they were loaded, or their file system does not answer.",
    help: "combot status names the folder; combot model use DIR serves what it holds now, or put back what was there.",
    forMs: atOnce,
    ...flag("while the folder differs", ({ modelChanged }) => modelChanged, "combot_model_folder_changed"),
  },
  "model-failed": {
    severity: "warning",
    summary: "A model beside the default one can't be served.",
    cause:
      "Its folder lacks a file or holds a broken one, or its workers do not come to serve; calls that name it get a 503.",
    help: "combot model list names it with the reason; mend its folder, then combot model rescan.",
    forMs: atOnce,
    windowMs: atOnce,
    threshold: () => 1,
    measure: ({ now }) => now.modelsFailed,
    promql: () => "combot_models_failed",
    measures: "models that can't be served",
  },
  "model-thrashing": {
    severity: "warning",
    summary: "A model is loaded and ended for others, again and again.",
    cause: "Models that are asked in turns don't fit together, and calls can't wait until one has stayed its time.",
    help: "combot model list counts loads, combot decisions has the sums: more memory, fewer models, or combot model pin.",
    forMs: atOnce,
    windowMs: ({ windowMs }) => windowMs,
    threshold: () => MUCH_LOADING,
    measure: ({ now, earlier }, { windowMs }) => mostOf(now.reloadMs, earlier.reloadMs) / windowMs,
    promql: (window) => `max by (job, instance) (rate(combot_model_reload_seconds[${window}]))`,
    measures: "share of the time that one model was loading after it had been ended for others",
    slack: LOADING_SLACK,
  },
  "unsure-share": {
    severity: "warning",
    summary: "The share of answers that are not sure is not what it was.",
    cause:
      "Customers ask something else, or in other words, than in the two weeks before; or a client sends something else. A model or thresholds that were changed begin a baseline of their own.",
    help: "combot inbox shows what was not understood; combot docs improve goes from there to a better model.",
    forMs: atOnce,
    windowMs: atOnce,
    threshold: ({ drift }) => drift,
    measure: ({ now }) => now.unsureDeviation,
    promql: () => "combot_unsure_deviation",
    measures: `how many times its own noise the share of answers not accepted, over the last 6 hours and from ${LEAST_NOW} answers with a decision on, is off that of the 14 days before (3 days and 1000 answers at least)`,
    slack: 1,
  },
  errors: {
    severity: "critical",
    summary: "Classify calls fail.",
    cause: "A full queue, deadlines missed, no worker, or a defect; refused input does not count.",
    help: "combot status counts them by code; combot docs errors says what each one means.",
    forMs: atOnce,
    windowMs: () => 300 * SECOND,
    threshold: ({ errorRate }) => errorRate,
    measure: ({ now, earlier }) => shareOf(now.failedCalls - earlier.failedCalls, now.calls - earlier.calls, MIN_CALLS),
    promql: (window) => {
      const calls = `increase(combot_requests_total[${window}])`;
      return `(increase(combot_failures_total[${window}]) / ${calls} and ${SAME} ${calls} >= ${MIN_CALLS})`;
    },
    measures: `failed share of the classify calls, from ${MIN_CALLS} calls on`,
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;

/** By how much the one has grown that has grown most. */
function mostOf(now: Readonly<Record<string, number>>, earlier: Readonly<Record<string, number>>): number {
  return Math.max(0, ...Object.entries(now).map(([name, ms]) => ms - (earlier[name] ?? ms)));
}
