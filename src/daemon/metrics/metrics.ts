import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { ERRORS } from "../../lib/error-table.ts";
import type { ErrorCode } from "../../lib/error-table.ts";
import type { CompatProtocol } from "../../lib/compat-protocols.ts";
import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { LatencyClass } from "../../lib/protocol/latency-classes.ts";
import type { JournalReport, MetricsReport } from "../../lib/protocol/metrics.ts";
import { BOOT_FAULTS, RECYCLE_REASONS } from "../../lib/protocol/process.ts";
import type { BootFault, RecycleReason } from "../../lib/protocol/process.ts";
import type { OwnMetric } from "./answer-metrics.ts";
import { byLabel, valueOf } from "./counted.ts";
import type { Priority } from "../../lib/priorities.ts";
import { BatchCalls } from "./batch-calls.ts";
import { journalGauges } from "./journal-gauges.ts";
import { MinuteTally } from "./minute.ts";
import { Quantiles } from "./quantiles.ts";
import { Rate } from "./rate.ts";
import { outcomeOf, TokenCounter } from "./token-counter.ts";
import { thousandths } from "../../lib/thousandths.ts";

type QuantilesReport = MetricsReport["latencyMs"][LatencyClass];

/** What is read at the moment somebody asks. */
export interface Readings {
  readonly waiting: number;
  readonly oldestMs: number;
  readonly users: number;
  /** Workers that serve. */
  readonly ready: number;
  readonly daemonRssBytes: number;
  /** Null without a journal. */
  readonly journal: JournalReport | null;
  readonly answers?: MetricsReport["answers"];
}

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const BATCH_BUCKETS = [1, 2, 4, 8, 16];
const QUANTILE_WINDOW_MS = 300_000;
const RECENT_WINDOW_MS = 5000;

/** Counts what the daemon does. Labels come from closed sets only, so that no caller can add a series. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #rate: Rate;
  readonly #read: () => Readings;
  readonly #calls = this.#counter("combot_requests_total", "Classify calls answered, whatever the answer.");
  readonly #failures = this.#counter(
    "combot_failures_total",
    "Classify calls that failed with a status from 500 on: what a caller did wrong does not count.",
  );
  readonly #texts = this.#counter("combot_texts_total", "Texts answered with a label.");
  readonly #errors = this.#counter("combot_errors_total", "Failed classify calls by error code.", ["code"]);
  readonly #tests = this.#counter("combot_test_calls_total", "Classify calls of load tests; they count nowhere else.");
  readonly #gone = this.#counter(
    "combot_clients_gone_total",
    "Classify calls whose client closed the connection before it had its answer; they count nowhere else.",
  );
  readonly #compat = this.#counter(
    "combot_compat_requests_total",
    "Calls in another server's protocol (COMBOT_COMPAT), by protocol and outcome.",
    ["protocol", "outcome"],
  );
  readonly tokens = new TokenCounter(this.#registry);
  readonly #batchCalls = new BatchCalls(this.#registry);
  readonly #recycles = this.#counter("combot_worker_recycles_total", "Worker processes replaced, by reason.", [
    "reason",
  ]);
  readonly #notStarted = this.#counter(
    "combot_workers_not_started_total",
    "Workers that ended before they served, by what was at fault: the model, the machine that refused, or others that killed.",
    ["fault"],
  );
  readonly #latency = new Histogram({
    name: "combot_request_duration_seconds",
    help: "Time to answer a classify call, by where the answer came from.",
    labelNames: ["class"],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers: [this.#registry],
  });
  readonly #batches = new Histogram({
    name: "combot_batch_texts",
    help: "Texts that a worker ran together.",
    buckets: BATCH_BUCKETS,
    registers: [this.#registry],
  });
  readonly #compute = new Histogram({
    name: "combot_batch_duration_seconds",
    help: "Time a worker computed on a batch.",
    buckets: LATENCY_BUCKETS_SECONDS,
    registers: [this.#registry],
  });
  readonly #wait = new Histogram({
    name: "combot_queue_wait_seconds",
    help: "Time that the texts of a computed call waited for a worker, the longest of each call.",
    buckets: LATENCY_BUCKETS_SECONDS,
    registers: [this.#registry],
  });
  /** For the JSON report alone: Prometheus computes its own quantiles from the histogram. */
  readonly #quantiles: Readonly<Record<LatencyClass, Quantiles>>;
  readonly #recent: Quantiles;
  /** For the journal. */
  readonly minute: MinuteTally;
  #batchCount = 0;
  #batchTexts = 0;

  /** @param now a clock that never goes back, in ms. */
  constructor(now: () => number, read: () => Readings) {
    this.#rate = new Rate(now);
    const quantiles = (): Quantiles => new Quantiles(now, QUANTILE_WINDOW_MS);
    this.#quantiles = { memory: quantiles(), redis: quantiles(), computed: quantiles() };
    this.#recent = new Quantiles(now, RECENT_WINDOW_MS);
    this.minute = new MinuteTally(now);
    this.#read = read;
    // From the start, so that a rate over them needs no second answer of a kind.
    for (const source of LATENCY_CLASSES) this.#latency.zero({ class: source });
    this.#gauge("combot_queue_texts", "Texts that wait for a worker.", ({ waiting }) => waiting);
    this.#gauge(
      "combot_queue_oldest_seconds",
      "How long the oldest text has waited.",
      ({ oldestMs }) => oldestMs / 1000,
    );
    this.#gauge("combot_workers_ready", "Workers that serve.", ({ ready }) => ready);
    this.#gauge("combot_users", "Distinct users over the workers that run now.", ({ users }) => users);
    this.#gauge("process_resident_memory_bytes", "Resident memory of the daemon.", (now) => now.daemonRssBytes);
    journalGauges((name, help, value) => this.#gauge(name, help, value));
    for (const reason of RECYCLE_REASONS) this.#recycles.inc({ reason }, 0);
    for (const fault of BOOT_FAULTS) this.#notStarted.inc({ fault }, 0);
  }

  answered(source: LatencyClass, texts: number, durationMs: number, priority: Priority = "interactive"): void {
    this.#calls.inc();
    this.#rate.add();
    this.#texts.inc(texts);
    const isBatch = priority === "batch";
    this.minute.answered(source, texts, isBatch ? undefined : durationMs);
    if (isBatch) return this.#batchCalls.answered(durationMs);
    this.#latency.observe({ class: source }, durationMs / 1000);
    this.#quantiles[source].add(durationMs);
    this.#recent.add(durationMs);
  }

  /** A call whose client has gone was neither answered nor failed: it is counted by itself, and in no rate of errors. */
  failed(code: ErrorCode): void {
    if (code === "CLIENT_GONE") return this.#gone.inc();
    this.#calls.inc();
    this.#rate.add();
    this.#errors.inc({ code });
    if (ERRORS[code].http >= 500) this.#failures.inc();
    this.minute.failed();
  }

  tested(): void {
    this.#tests.inc();
  }

  compatAnswered(protocol: CompatProtocol, status: number): void {
    this.#compat.inc({ protocol, outcome: outcomeOf(status) });
  }

  batch(texts: number, computeMs: number): void {
    this.#batchCount += 1;
    this.#batchTexts += texts;
    this.#batches.observe(texts);
    this.#compute.observe(computeMs / 1000);
  }

  waited(queueMs: number): void {
    this.#wait.observe(queueMs / 1000);
  }

  recycled(reason: RecycleReason): void {
    this.#recycles.inc({ reason });
    this.minute.recycled();
  }

  notStarted(fault: BootFault): void {
    this.#notStarted.inc({ fault });
  }

  /** One that counts by itself. */
  register(metric: OwnMetric): void {
    this.#registry.registerMetric(metric as unknown as Counter);
  }

  /** A figure that another part counts, read when somebody asks. */
  watch(name: string, help: string, read: () => number): void {
    const kind = name.endsWith("_total") ? Counter : Gauge;
    new kind({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** Figures of one name, told apart by labels from a closed set; those of one label are added up. */
  watchEach(name: string, help: string, read: () => readonly Labelled[], labels?: string[]): void {
    const labelNames = labels ?? Object.keys(read()[0]?.labels ?? {});
    const kind = name.endsWith("_total") ? Counter : Gauge;
    new kind({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        // What is not there any more has no figure.
        this.reset();
        for (const { labels, value } of read()) this.inc({ ...labels }, value);
      },
    });
  }

  /** Classify calls, and those of them that failed through no fault of the caller. */
  async outcomes(): Promise<{ readonly calls: number; readonly failures: number }> {
    return { calls: await valueOf(this.#calls), failures: await valueOf(this.#failures) };
  }

  async report(): Promise<MetricsReport> {
    const { waiting, oldestMs, users, journal, answers } = this.#read();
    return {
      requests: await valueOf(this.#calls),
      texts: await valueOf(this.#texts),
      errors: await byLabel(this.#errors, "code"),
      clientsGone: await valueOf(this.#gone),
      testCalls: await valueOf(this.#tests),
      latencyMs: this.#latencies(),
      throughput: thousandths(this.#rate.perSecond),
      queue: { waiting, oldestMs: thousandths(oldestMs) },
      batches: {
        count: this.#batchCount,
        meanSize: thousandths(this.#batchCount && this.#batchTexts / this.#batchCount),
      },
      recycles: await this.recycles(),
      users,
      answers,
      journal,
    };
  }

  async recycles(): Promise<MetricsReport["recycles"]> {
    const byReason = (await byLabel(this.#recycles, "reason")) as Record<RecycleReason, number>;
    return { total: Object.values(byReason).reduce((a, b) => a + b, 0), byReason };
  }

  async prometheus(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** Of the last 5 to 10 s, wherever the answer came from. */
  recentLatencies(): QuantilesReport {
    return told(this.#recent);
  }

  #latencies(): MetricsReport["latencyMs"] {
    const { memory, redis, computed } = this.#quantiles;
    return { memory: told(memory), redis: told(redis), computed: told(computed) };
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, value: (readings: Readings) => number): void {
    const read = this.#read;
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value(read()));
      },
    });
  }
}

function told(quantiles: Quantiles): QuantilesReport {
  const [p50 = null, p90 = null, p99 = null] = quantiles.atEach([0.5, 0.9, 0.99]).map(roundOrNull);
  return { p50, p90, p99 };
}

function roundOrNull(value: number | null): number | null {
  return value === null ? null : thousandths(value);
}
