import type { Alert } from "../protocol/alerts.ts";
import type { Decision } from "../protocol/decisions.ts";
import type { Sample } from "../protocol/events.ts";
import type { MachineFigures } from "./figures.ts";
import type { Past } from "./past.ts";
import { RateMeter } from "./rates.ts";
import { Ring } from "./ring.ts";
import { hangLimitMs } from "../slowness.ts";
import { liveTrends } from "./trends.ts";
import type { TrendName, Trends } from "./trends.ts";

/** A daemon that has not said anything for so long hangs: it sends a sample a second. */
const SILENT_MS = hangLimitMs(3500);
/** Of requests and hits: a shorter span would jump about. */
const NOW_SPAN_MS = 5000;
const DECISIONS_KEPT = 200;

/** `silent`: connected, and nothing comes; `denied`: it may be up, and we may not open its socket. Times are those of the monitor's own clock, which never goes back. */
export interface Link {
  readonly state: "connecting" | "up" | "silent" | "down" | "denied";
  readonly sinceMs: number;
  /** Why it is down. */
  readonly detail: string;
}

/** What is worked out from one sample and the ones before it. */
export interface Derived {
  /** Classify calls a second, over the last 5 s; null before the second sample. */
  readonly requestsPerSecond: number | null;
  /** Of the lookups of the last 5 s; null without any. */
  readonly hitRate: number | null;
  /** Share of one core by process; null where it is not known yet. */
  readonly processCpu: ReadonlyMap<number, number | null>;
  /** Calls a second by model, over the last 5 s, where there are several. */
  readonly modelRates?: ReadonlyMap<string, number | null>;
}

/** All that a screen shows. */
export interface MonitorView {
  readonly nowMs: number;
  readonly link: Link;
  readonly machine: MachineFigures | null;
  /** The last one; null while the daemon is down. */
  readonly sample: Sample | null;
  readonly derived: Derived;
  readonly thresholds: Sample["memory"]["thresholds"] | null;
  readonly trends: Trends;
  /** PSS of each process that runs, a figure a second of the last ten minutes. */
  readonly lives: ReadonlyMap<number, Ring>;
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  /** Where this is not now: what the journal says of the moment that is shown, and of the time around it. */
  readonly past?: Past;
}

const NOTHING: Derived = { requestsPerSecond: null, hitRate: null, processCpu: new Map() };

/** What is known of machine and daemon; of bounded size, however long it runs. No I/O, no clock of its own. */
export class MonitorState {
  readonly #trends: Readonly<Record<TrendName, Ring>> = {
    memory: new Ring(),
    requests: new Ring(),
    p99: new Ring(),
    hitRate: new Ring(),
  };
  readonly #requests = new RateMeter(NOW_SPAN_MS);
  readonly #hits = new RateMeter(NOW_SPAN_MS);
  readonly #lookups = new RateMeter(NOW_SPAN_MS);
  #calls: ReadonlyMap<string, RateMeter> = new Map();
  #lives: ReadonlyMap<number, Ring> = new Map();
  #link: Link;
  #heardAtMs = 0;
  #machine: MachineFigures | null = null;
  #sample: Sample | null = null;
  #thresholds: MonitorView["thresholds"] = null;
  #derived: Derived = NOTHING;
  #decisions: Decision[] = [];

  constructor(nowMs: number) {
    this.#link = { state: "connecting", sinceMs: nowMs, detail: "" };
  }

  takeMachine(figures: MachineFigures, processCpu: Derived["processCpu"], nowMs: number): void {
    this.#machine = figures;
    this.#derived = { ...this.#derived, processCpu };
    const { totalBytes, availableBytes } = figures.memory;
    if (!this.#sample) this.#trends.memory.put(1 - availableBytes / totalBytes, nowMs);
    this.takeBeat(nowMs);
  }

  /** Time has passed, and a daemon that should have said something may not have. */
  takeBeat(nowMs: number): void {
    if (this.#sample && nowMs - this.#heardAtMs > SILENT_MS && this.#link.state === "up") {
      this.#link = { state: "silent", sinceMs: this.#heardAtMs, detail: "" };
    }
  }

  takeSample(sample: Sample, nowMs: number): void {
    if (this.#link.state !== "up") this.#link = { state: "up", sinceMs: nowMs, detail: "" };
    const isOther = this.#sample?.process.daemon.pid !== sample.process.daemon.pid;
    if (isOther) for (const meter of [this.#requests, this.#hits, this.#lookups]) meter.reset();
    if (isOther) this.#calls = new Map();
    this.#heardAtMs = nowMs;
    this.#sample = sample;
    this.#thresholds = sample.memory.thresholds;
    this.#derived = { ...this.#derive(sample), processCpu: this.#derived.processCpu };
    this.#lives = this.#livesWith(sample, nowMs);
    this.#trends.memory.put(sample.memory.usage, nowMs);
    this.#trends.requests.put(this.#derived.requestsPerSecond, nowMs);
    this.#trends.p99.put(sample.recentLatencyMs.p99, nowMs);
    this.#trends.hitRate.put(this.#derived.hitRate, nowMs);
  }

  /** Those that are known already are passed over. */
  takeDecision(decision: Decision): void {
    if (decision.id <= (this.#decisions.at(-1)?.id ?? "")) return;
    this.#decisions = [...this.#decisions, decision].slice(-DECISIONS_KEPT);
  }

  /** One that fires or has resolved, before the next sample tells. */
  takeAlert(alert: Alert): void {
    if (!this.#sample) return;
    const others = this.#sample.alerts.filter((one) => one.alert !== alert.alert);
    this.#sample = { ...this.#sample, alerts: alert.state === "firing" ? [...others, alert] : others };
  }

  /** The connection has ended or there is none. The first time counts, and the last reason. */
  lost(detail: string, nowMs: number, state: "down" | "denied" = "down"): void {
    const before = this.#link;
    this.#link = { state, sinceMs: before.state === state ? before.sinceMs : nowMs, detail };
    this.#sample = null;
    this.#derived = NOTHING;
  }

  view(nowMs: number): MonitorView {
    return {
      nowMs,
      link: this.#link,
      machine: this.#machine,
      sample: this.#sample,
      derived: this.#derived,
      thresholds: this.#thresholds,
      trends: liveTrends(this.#trends, nowMs),
      lives: this.#lives,
      decisions: this.#decisions,
    };
  }

  /** Those that have ended are forgotten. */
  #livesWith({ memory }: Sample, nowMs: number): ReadonlyMap<number, Ring> {
    return new Map(
      memory.processes.map(({ pid, pssBytes }) => {
        const life = this.#lives.get(pid) ?? new Ring();
        life.put(pssBytes, nowMs);
        return [pid, life];
      }),
    );
  }

  /** Models that are gone are forgotten. */
  #ratesOf(models: NonNullable<Sample["models"]>, atMs: number): NonNullable<Derived["modelRates"]> {
    this.#calls = new Map(models.map(({ name }) => [name, this.#calls.get(name) ?? new RateMeter(NOW_SPAN_MS)]));
    return new Map(models.map(({ name, calls }) => [name, this.#calls.get(name)?.next(calls, atMs) ?? null]));
  }

  #derive({ at, metrics, cache, models }: Sample): Omit<Derived, "processCpu"> {
    // The daemon's own clock: how long a sample was on its way has no part in a rate.
    const atMs = Date.parse(at);
    // Each text is looked for in memory first; one that joins a computation under way is neither hit nor miss.
    const lookups = this.#lookups.next(cache.memory.hits + cache.memory.misses - cache.coalesced, atMs);
    const hits = this.#hits.next(cache.memory.hits + cache.redis.hits, atMs);
    const isRate = lookups !== null && hits !== null && lookups > 0;
    return {
      requestsPerSecond: this.#requests.next(metrics.requests, atMs),
      hitRate: isRate ? Math.min(1, hits / lookups) : null,
      ...(models && { modelRates: this.#ratesOf(models, atMs) }),
    };
  }
}
