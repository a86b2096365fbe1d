import { createRandom } from "../../random.ts";
import type { Random } from "../../random.ts";
import type { ComparedFigure, PerfReport } from "../../protocol/perf.ts";
import { Latencies } from "../load/latency.ts";
import { round } from "../rounding.ts";
import { ratioInterval } from "./bootstrap.ts";

/** Columns of 1%: fine enough beside the noise, and a thousand draws of sixty windows take a moment. */
const PER_DECADE = 230;
const SHORTEST_MS = 0.001;
/** Up to an hour and more. */
const COLUMNS = 10 * PER_DECADE;
/**
 * Windows of one run know nothing of what differs from run to run (where pages and processes came to lie, who else used the
 * host): a change smaller than this is noise, whatever its interval.
 */
const SMALLEST_CHANGE = 0.05;
const SEED = 1;

interface CountedWindow {
  readonly answered: number;
  readonly seconds: number;
  /** By column of the scale. */
  readonly counts: ReadonlyMap<number, number>;
}

/** What moved beyond noise between two runs of the same load on the same machine. */
export function compareRuns(before: PerfReport, after: PerfReport): ComparedFigure[] {
  const random = createRandom(SEED);
  const [from, to] = [windowsOf(before), windowsOf(after)];
  const figures = [
    compared("requests/s", "perSecond", from, to, perSecond, random),
    ...([0.5, 0.9, 0.99] as const).map((share) =>
      compared(`p${share * 100}`, "ms", from, to, (windows) => quantile(windows, share), random),
    ),
    compared("memory of the tree", "bytes", pssOf(before), pssOf(after), mean, random),
    compared("CPU of the tree a request", "ms", cpuOf(before), cpuOf(after), mean, random),
  ];
  return figures.filter((figure) => figure !== null);
}

function compared<W>(
  name: string,
  unit: ComparedFigure["unit"],
  from: readonly W[],
  to: readonly W[],
  statistic: (windows: readonly W[]) => number | null,
  random: Random,
): ComparedFigure | null {
  const [baseline, now] = [statistic(from), statistic(to)];
  const interval = ratioInterval(from, to, statistic, random);
  if (baseline === null || now === null || !interval || baseline === 0) return null;
  const [low, high] = interval;
  const ratio = now / baseline;
  const isBeyondNoise = (low > 1 || high < 1) && Math.abs(ratio - 1) >= SMALLEST_CHANGE;
  const isBetter = unit === "perSecond" ? ratio > 1 : ratio < 1;
  const verdict = !isBeyondNoise ? "same" : isBetter ? "better" : "worse";
  return {
    name,
    unit,
    baseline: round(baseline),
    now: round(now),
    ratio: round(ratio),
    interval: [round(low), round(high)],
    verdict,
  };
}

function windowsOf({ windows: { seconds, list } }: PerfReport): CountedWindow[] {
  return list.map(({ answered: { computed, memory, redis }, histogram }) => ({
    answered: computed + memory + redis,
    seconds,
    counts: countsOf(Latencies.decode(histogram)),
  }));
}

function perSecond(windows: readonly CountedWindow[]): number | null {
  const seconds = windows.reduce((sum, window) => sum + window.seconds, 0);
  return seconds === 0 ? null : windows.reduce((sum, { answered }) => sum + answered, 0) / seconds;
}

function countsOf(latencies: Latencies): Map<number, number> {
  const counted = latencies.buckets(PER_DECADE).filter(([, , count]) => count > 0);
  return new Map(
    counted.map(([fromMs, , count]) => [Math.round(Math.log10(fromMs / SHORTEST_MS) * PER_DECADE), count]),
  );
}

function quantile(windows: readonly CountedWindow[], share: number): number | null {
  const columns = new Uint32Array(COLUMNS);
  let total = 0;
  for (const { counts } of windows) {
    for (const [column, count] of counts) {
      columns[column]! += count;
      total += count;
    }
  }
  let below = 0;
  for (let column = 0; column < COLUMNS && total > 0; column++)
    if ((below += columns[column]!) >= share * total) return SHORTEST_MS * 10 ** ((column + 1) / PER_DECADE);
  return null;
}

function pssOf({ resources }: PerfReport): number[] {
  return resources?.samples.map(({ treePssBytes }) => treePssBytes) ?? [];
}

/** Of each second, in ms of one core. */
function cpuOf({ resources, requests, machine, load }: PerfReport): number[] {
  const perSecond = load.ratePerSecond ?? requests.perSecond;
  const shares = resources?.samples.map(({ treeCpu }) => treeCpu).filter((share) => share !== null) ?? [];
  return perSecond > 0 ? shares.map((share) => (share * machine.cores * 1000) / perSecond) : [];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
