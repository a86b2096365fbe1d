import type { PerfLatencies, PerfReport, PerfWindow } from "../protocol/perf.ts";
import { Latencies } from "./load/latency.ts";
import type { LoadResult } from "./load/order.ts";
import { LATENCY_CLASSES } from "../protocol/latency-classes.ts";
import type { LatencyClass } from "../protocol/latency-classes.ts";
import { round, rounded } from "./rounding.ts";
import { judgeStability } from "./verdict/stability.ts";

/** Columns of a histogram for each factor of ten. */
const PER_DECADE = 12;
const CURVE = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.99999];

/** What the generator's counts come to. */
export type LoadSummary = Pick<
  PerfReport,
  | "seconds"
  | "requests"
  | "errors"
  | "errorShare"
  | "hitRate"
  | "latencyMs"
  | "distribution"
  | "percentiles"
  | "stability"
  | "windows"
> & { readonly computedMs: PerfLatencies; readonly generator: Omit<PerfReport["generator"], "bottleneck"> };

export function summarise(result: LoadResult, isOpen: boolean): LoadSummary {
  const byClass = mapClasses((name) => Latencies.decode(result.latencies[name]));
  const all = Latencies.merged(Object.values(byClass));
  const { seconds, begun, failed, failures, answeredInTime } = result;
  const windows = wholeWindows(result);
  return {
    seconds: round(seconds),
    requests: { begun, answered: all.count, failed, perSecond: round(answeredInTime / seconds) },
    errors: { ...failures },
    errorShare: begun === 0 ? 0 : failed / begun,
    hitRate: all.count === 0 ? null : (byClass.memory.count + byClass.redis.count) / all.count,
    latencyMs: { all: figuresOf(all), ...mapClasses((name) => figuresOf(byClass[name])) },
    distribution: mapClasses((name) => byClass[name].buckets(PER_DECADE)),
    percentiles: percentiles(all),
    stability: stability(windows, isOpen),
    windows,
    computedMs: figuresOf(Latencies.decode(result.serverTimes)),
    generator: generatorFigures(result),
  };
}

export function figuresOf(latencies: Latencies): PerfLatencies {
  const at = (share: number): number | null => rounded(latencies.quantileMs(share));
  return {
    count: latencies.count,
    mean: rounded(latencies.meanMs),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: rounded(latencies.maxMs),
  };
}

/** As far as there are requests to tell one share from the next. */
function percentiles(all: Latencies): [number, number][] {
  const told = CURVE.filter((share) => share < 1 - 1 / Math.max(1, all.count)).map((share): [number, number] => [
    share,
    round(all.quantileMs(share) ?? 0),
  ]);
  return all.count === 0 ? [] : [...told, [1, round(all.maxMs ?? 0)]];
}

/** What came in after the end, or in the beginning of a window that the run did not fill, is no window. */
function wholeWindows({ windows: { lengthMs, list }, seconds }: LoadResult): PerfReport["windows"] {
  const whole = list.slice(0, Math.max(1, Math.floor((seconds * 1000 + 20) / lengthMs)));
  return {
    seconds: lengthMs / 1000,
    list: whole.map(({ answered, failed, latencies }, index): PerfWindow => {
      const decoded = Latencies.decode(latencies);
      const { p50, p99 } = figuresOf(decoded);
      return { atSeconds: (index * lengthMs) / 1000, answered, failed, p50, p99, histogram: latencies };
    }),
  };
}

function stability({ seconds, list }: PerfReport["windows"], isOpen: boolean): PerfReport["stability"] {
  const third = Math.floor(list.length / 3);
  const thirds = third === 0 ? [] : [0, 1, 2].map((index) => list.slice(index * third, (index + 1) * third));
  if (isOpen) return judgeStability("p50", thirds.map(medianOf));
  const perSecond = thirds.map((windows) => answeredIn(windows) / (windows.length * seconds));
  return judgeStability("perSecond", perSecond.map(round));
}

function medianOf(windows: readonly PerfWindow[]): number | null {
  return rounded(Latencies.merged(windows.map(({ histogram }) => Latencies.decode(histogram))).quantileMs(0.5));
}

export function answeredIn(windows: readonly Pick<PerfWindow, "answered">[]): number {
  return windows.reduce((sum, { answered }) => sum + answered.computed + answered.memory + answered.redis, 0);
}

function generatorFigures({ generator, seconds }: LoadResult): LoadSummary["generator"] {
  const { cpuSeconds, utilisation, lateness, loopDelayMs, connectionsOpened, waitedForConnection, retried } = generator;
  return {
    cpu: round(cpuSeconds / seconds),
    utilisation: round(utilisation),
    latenessMs: figuresOf(Latencies.decode(lateness)),
    loopDelayMs: mapValues(loopDelayMs, round),
    connections: connectionsOpened,
    waitedForConnection,
    retried,
  };
}

function mapValues<K extends string>(
  record: Readonly<Record<K, number>>,
  of: (value: number) => number,
): Record<K, number> {
  const entries = Object.entries<number>(record).map(([name, value]) => [name, of(value)]);
  return Object.fromEntries(entries) as Record<K, number>;
}

function mapClasses<T>(of: (name: LatencyClass) => T): Record<LatencyClass, T> {
  return Object.fromEntries(LATENCY_CLASSES.map((name) => [name, of(name)])) as Record<LatencyClass, T>;
}
