import type { ModelRow } from "../../lib/protocol/models.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Models } from "../residency/models.ts";
import type { Uses } from "../residency/uses.ts";
import { ModelLabels, OTHER } from "./model-labels.ts";
import { reportModels } from "./models-report.ts";
import type { ModelsReportParts } from "./models-report.ts";

interface Counted {
  /** Of the metrics. */
  readonly label: string;
  readonly row: ModelRow;
  /** Undefined where it can't be served. */
  readonly uses: Uses | undefined;
}

type Each = (name: string, help: string, read: (counted: Counted) => number | undefined) => void;

/** One page is made of one reading: it takes a moment. */
const PAGE_MS = 100;

/** Puts what counts by model on the Prometheus page. A model that another one replaced under its name begins at 0. */
export function publishModels(metrics: Metrics, parts: ModelsReportParts): void {
  const reading = readingOf(parts);
  const each: Each = (name, help, read) => {
    const values = (): { labels: { model: string }; value: number }[] =>
      reading().flatMap((counted) => {
        const value = read(counted);
        return value === undefined ? [] : [{ labels: { model: counted.label }, value }];
      });
    metrics.watchEach(name, help, values, ["model"]);
  };
  publishTraffic(each);
  publishState(each);
}

function publishTraffic(each: Each): void {
  each(
    "combot_model_requests_total",
    "Classify calls that asked the model and were answered, or failed through no fault of the caller.",
    ({ uses }) => uses && uses.answered + uses.failed,
  );
  each(
    "combot_model_failures_total",
    "Of these, those that failed with a status from 500 on.",
    ({ uses }) => uses?.failed,
  );
  each("combot_model_texts_total", "Texts that it answered.", ({ uses }) => uses?.texts);
  each("combot_model_cached_texts_total", "Of these, those that no worker computed.", ({ uses }) => uses?.cachedTexts);
  each(
    "combot_model_request_seconds_total",
    "Time that its answered calls took, all together.",
    ({ uses }) => uses && uses.answeredMs / 1000,
  );
  each(
    "combot_model_request_p99_seconds",
    "Of the last 512 calls that a worker computed; none before the first.",
    // Those of several together are none.
    ({ label, row: { p99Ms } }) => (label === OTHER || p99Ms === null ? undefined : p99Ms / 1000),
  );
  each("combot_model_queue_texts", "Texts that wait for a worker of it.", ({ row }) => row.waiting);
}

function publishState(each: Each): void {
  each("combot_model_loads_total", "Times that it came to serve.", ({ row }) => row.loads);
  each("combot_model_evictions_total", "Times that it was ended to make room for another.", ({ row }) => row.evictions);
  each("combot_model_workers_ready", "Workers of it that serve.", ({ row }) => row.workers);
  each("combot_model_memory_bytes", "What its processes take, shared pages divided.", ({ row }) => row.bytes);
  each("combot_model_failed", "1 while it can't be served.", ({ row }) => Number(row.state === "failed"));
}

function readingOf(parts: ModelsReportParts): () => readonly Counted[] {
  const labels = new ModelLabels();
  let [readAtMs, last]: [number, readonly Counted[]] = [-Infinity, []];
  return () => {
    const nowMs = parts.now();
    if (nowMs - readAtMs < PAGE_MS) return last;
    readAtMs = nowMs;
    const { models } = reportModels(parts);
    const named = labels.of(models.map(({ name }) => name));
    last = models.map((row, at) => ({ label: named[at] ?? OTHER, row, uses: usesOf(parts.models, row) }));
    return last;
  };
}

function usesOf(models: Models, { name, default: isDefault }: ModelRow): Uses | undefined {
  if (isDefault) return models.current.uses;
  return models.repository.entries.find((entry) => entry.name === name)?.engine?.uses;
}
