import { FAILURES } from "../../lib/protocol/plan.ts";
import type { PlanFailure, PlanSpan } from "../../lib/protocol/plan.ts";
import { anonymousOf } from "../governor/ports.ts";
import type { Sample } from "../governor/ports.ts";
import { Histogram } from "./histogram.ts";

export type Source = "memory" | "redis" | "computed" | "coalesced";

/** What the machine was at a moment; sums since the start. */
export interface Standing {
  readonly usedMs: number;
  readonly credits: number | null;
}

/** So many requests that failed, and so many answers that took longer than that. */
export interface Limits {
  readonly failures: number;
  readonly lateMs: number;
  readonly late: number;
}

/** Counts what takes place in one stretch of time. */
export class Tally {
  readonly #fromMs: number;
  readonly #before: Standing;
  readonly #cores: number;
  readonly #all = new Histogram();
  readonly #computed = new Histogram();
  readonly #failures = new Map<PlanFailure, number>();
  readonly #sources: Record<Source, number> = { memory: 0, redis: 0, computed: 0, coalesced: 0 };
  requests = 0;
  recycles = 0;
  unloads = 0;
  loads = 0;
  #threadMs = 0;
  #batches = 0;
  #batched = 0;
  #pssBytes = 0;
  #anonymousBytes = 0;
  #samples = 0;
  #peakPssBytes = 0;
  #peakUsage = 0;

  constructor(fromMs: number, cores: number, before: Standing) {
    this.#fromMs = fromMs;
    this.#cores = cores;
    this.#before = before;
  }

  answered(source: Source, ms: number): void {
    this.#sources[source] += 1;
    this.#all.record(ms);
    if (source === "computed" || source === "coalesced") this.#computed.record(ms);
  }

  failed(why: PlanFailure): void {
    this.#failures.set(why, (this.#failures.get(why) ?? 0) + 1);
  }

  batch(texts: number): void {
    this.#batches += 1;
    this.#batched += texts;
  }

  /** The daemon's one thread had so much to do. */
  thread(ms: number): void {
    this.#threadMs += ms;
  }

  memory({ processes, usage }: Sample): void {
    const pssBytes = processes.reduce((sum, process) => sum + process.pssBytes, 0);
    this.#samples += 1;
    this.#anonymousBytes += anonymousOf(processes);
    this.#pssBytes += pssBytes;
    this.#peakPssBytes = Math.max(this.#peakPssBytes, pssBytes);
    this.#peakUsage = Math.max(this.#peakUsage, usage);
  }

  /** How many answers came from where. */
  get sources(): Readonly<Record<Source, number>> {
    return this.#sources;
  }

  isBeyond({ failures, lateMs, late }: Limits): boolean {
    const failed = [...this.#failures.values()].reduce((sum, count) => sum + count, 0);
    return failed > failures || this.#all.countAbove(lateMs) > late;
  }

  /** What another one counted too. */
  add(other: Tally): void {
    this.#all.add(other.#all);
    this.#computed.add(other.#computed);
    for (const [why, count] of other.#failures) this.#failures.set(why, (this.#failures.get(why) ?? 0) + count);
    for (const [source, count] of Object.entries(other.#sources)) this.#sources[source as Source] += count;
    this.requests += other.requests;
    this.recycles += other.recycles;
    this.unloads += other.unloads;
    this.loads += other.loads;
    this.#threadMs += other.#threadMs;
    this.#batches += other.#batches;
    this.#batched += other.#batched;
    this.#pssBytes += other.#pssBytes;
    this.#anonymousBytes += other.#anonymousBytes;
    this.#samples += other.#samples;
    this.#peakPssBytes = Math.max(this.#peakPssBytes, other.#peakPssBytes);
    this.#peakUsage = Math.max(this.#peakUsage, other.#peakUsage);
  }

  report(toMs: number, after: Standing): PlanSpan {
    const { memory, redis, computed } = this.#sources;
    const lookedUp = memory + redis + computed;
    const lengthMs = toMs - this.#fromMs;
    return {
      atHours: this.#fromMs / 3_600_000,
      hours: lengthMs / 3_600_000,
      requests: this.requests,
      answered: this.#all.count,
      failures: Object.fromEntries(FAILURES.map((why) => [why, this.#failures.get(why) ?? 0])) as PlanSpan["failures"],
      perSecond: (this.#all.count * 1000) / lengthMs,
      hitRate: lookedUp === 0 ? null : (memory + redis) / lookedUp,
      meanMs: this.#all.meanMs,
      p50Ms: this.#all.quantileMs(0.5),
      p99Ms: this.#all.quantileMs(0.99),
      computedP50Ms: this.#computed.quantileMs(0.5),
      computedP99Ms: this.#computed.quantileMs(0.99),
      meanBatch: this.#batches === 0 ? null : this.#batched / this.#batches,
      meanAnonymousBytes: this.#samples === 0 ? 0 : this.#anonymousBytes / this.#samples,
      meanPssBytes: this.#samples === 0 ? 0 : this.#pssBytes / this.#samples,
      peakPssBytes: this.#peakPssBytes,
      peakUsage: this.#peakUsage,
      cpu: (after.usedMs - this.#before.usedMs) / lengthMs / this.#cores,
      thread: this.#threadMs / lengthMs,
      credits: after.credits,
      recycles: this.recycles,
      unloads: this.unloads,
      loads: this.loads,
    };
  }
}
