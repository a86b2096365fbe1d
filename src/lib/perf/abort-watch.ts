import type { LatencyName, LoadProgress } from "./load/order.ts";
import type { PerfPlan } from "./plan.ts";
import { TARGET_KINDS } from "./verdict/targets.ts";
import type { TargetName } from "./verdict/targets.ts";
import type { DaemonWatch, WatchedSample } from "./watch/daemon-watch.ts";

/** Requests before which one of them is too much of a share to end a run for. */
const LEAST_BEGUN = 100;
const LEAST_SECONDS = 1;
/** Readings of the machine that are judged together. */
const READINGS = 3;

const QUANTILES: Readonly<Record<LatencyName, number>> = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, max: 1 };

/** What --abort-on takes: what can be told while a load runs. */
export const ABORT_NAMES: readonly TargetName[] = [
  "p50",
  "p90",
  "p99",
  "p999",
  "max",
  "errors",
  "memory",
  "memory-usage",
  "cpu",
  "hit-rate",
];

/** Ends a load before its time: by hand, or as soon as what it must not miss is missed. */
export class AbortWatch {
  readonly #plan: Pick<PerfPlan, "abortOn">;
  readonly #watch: Pick<DaemonWatch, "samples">;
  readonly #stop = new AbortController();
  #why: string | null = null;
  #isMissed = false;

  /** @param signal by hand; its reason says why. */
  constructor(plan: Pick<PerfPlan, "abortOn">, watch: Pick<DaemonWatch, "samples">, signal: AbortSignal | undefined) {
    this.#plan = plan;
    this.#watch = watch;
    if (signal?.aborted) this.#byHand(signal);
    signal?.addEventListener("abort", () => this.#byHand(signal), { once: true });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Null while it goes on. */
  get why(): string | null {
    return this.#why;
  }

  /** Ended for something that was missed. */
  get isMissed(): boolean {
    return this.#isMissed;
  }

  look(progress: LoadProgress): void {
    if (this.#why !== null || !progress.isWarm || progress.seconds < LEAST_SECONDS) return;
    for (const [name, limit] of this.#plan.abortOn) {
      if (limit === undefined || !isMissed(name, limit, progress, this.#watch.samples)) continue;
      this.#isMissed = true;
      return this.#end(`${TARGET_KINDS[name].what} was no longer as --abort-on wants it`);
    }
  }

  #byHand(signal: AbortSignal): void {
    this.#end(String(signal.reason));
  }

  #end(why: string): void {
    this.#why ??= why;
    this.#stop.abort(why);
  }
}

export function isMissed(
  name: TargetName,
  limit: number,
  progress: LoadProgress,
  samples: readonly WatchedSample[],
): boolean {
  const { answered, failed, begun } = progress;
  if (isLatency(name)) return isLate(progress, name, limit);
  const answers = answered.computed + answered.memory + answered.redis;
  if (name === "errors") return begun >= LEAST_BEGUN && failed / begun >= limit;
  if (name === "hit-rate") return answers >= LEAST_BEGUN && (answered.memory + answered.redis) / answers < limit;
  return isMachineOver(name, limit, samples);
}

/**
 * By what was answered, or by what has waited for longer than that already: a daemon that stands still would never be late
 * otherwise.
 */
function isLate(progress: LoadProgress, name: LatencyName, limitMs: number): boolean {
  const share = QUANTILES[name];
  if (progress.begun < Math.min(LEAST_BEGUN, 1 / (1 - share))) return false;
  const overdue = progress.overdue.reduce((sum, [ms, count]) => sum + (ms >= limitMs ? count : 0), 0);
  return (progress.quantilesMs[name] ?? 0) >= limitMs || overdue > progress.begun * (1 - share);
}

function isLatency(name: TargetName): name is LatencyName {
  return name in QUANTILES;
}

function isMachineOver(name: TargetName, limit: number, samples: readonly WatchedSample[]): boolean {
  const last = samples.slice(-READINGS);
  if (last.length < READINGS) return false;
  return last.every(({ sample: { memory }, cpu: { machineCpu } }) => {
    if (name === "memory") return memory.usedBytes >= limit;
    if (name === "memory-usage") return memory.usage >= limit;
    return machineCpu !== null && machineCpu >= limit;
  });
}
