import type { ServerTimes } from "../../protocol/perf.ts";

/** A histogram without labels: what was counted up to each bound, and in all. */
export interface CountedHistogram {
  /** Rising; the last bound is Infinity. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly sum: number;
}

/** Reads one histogram out of Prometheus text (version 0.0.4); undefined where there is none of that name. */
export function histogramIn(text: string, name: string): CountedHistogram | undefined {
  const cumulative = [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)`, "gm"))];
  const sum = new RegExp(`^${name}_sum (\\S+)`, "m").exec(text)?.[1];
  if (cumulative.length === 0 || sum === undefined) return undefined;
  let below = 0;
  const buckets = cumulative.map(([, bound = "", upToHere = ""]) => {
    const count = Number(upToHere) - below;
    below = Number(upToHere);
    return { upTo: bound === "+Inf" ? Infinity : Number(bound), count };
  });
  return { buckets, sum: Number(sum) };
}

/** What was counted from one reading to the next; undefined where either is missing or the counters began anew. */
export function counted(
  from: CountedHistogram | undefined,
  to: CountedHistogram | undefined,
): CountedHistogram | undefined {
  if (!from || !to || from.buckets.length !== to.buckets.length) return undefined;
  const buckets = to.buckets.map(({ upTo, count }, index) => ({ upTo, count: count - from.buckets[index]!.count }));
  return buckets.some(({ count }) => count < 0) ? undefined : { buckets, sum: to.sum - from.sum };
}

export function countOf({ buckets }: CountedHistogram): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

/** A histogram of seconds as times in ms. */
export function timesOf(histogram: CountedHistogram | undefined): ServerTimes | null {
  if (!histogram) return null;
  const count = countOf(histogram);
  const ms = (share: number): number | null => (count === 0 ? null : quantileOf(histogram, share) * 1000);
  return {
    count,
    mean: count === 0 ? null : (histogram.sum / count) * 1000,
    p50: ms(0.5),
    p90: ms(0.9),
    p99: ms(0.99),
  };
}

/** As Prometheus' histogram_quantile: even within a bucket; the last bound where it lies beyond all of them. */
function quantileOf(histogram: CountedHistogram, share: number): number {
  const wanted = share * countOf(histogram);
  let below = 0;
  let floor = 0;
  for (const { upTo, count } of histogram.buckets) {
    if (below + count >= wanted && count > 0)
      return upTo === Infinity ? floor : floor + ((wanted - below) / count) * (upTo - floor);
    below += count;
    floor = upTo;
  }
  return floor;
}
