import type { Interval } from "../protocol/model-eval.ts";

/** Of the normal distribution, for 95 %. */
const Z = 1.959_963_984_540_054;

/** Wilson 1927; unlike the normal interval it stays inside [0, 1] and holds for few errors. */
export function wilsonInterval(right: number, total: number): Interval {
  const share = right / total;
  const scale = 1 + (Z * Z) / total;
  const centre = (share + (Z * Z) / (2 * total)) / scale;
  const spread = (Z / scale) * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [Math.max(0, centre - spread), Math.min(1, centre + spread)];
}

/** Above it the normal distribution is near enough, and the sum would be long. */
const MOST_EXACT = 1000;

/**
 * McNemar 1947, two-sided: how likely it is that two models which are equally good differ by so much. Exact (binomial),
 * and for many differences the chi-square with Edwards' continuity correction.
 *
 * @param gained rows that the first alone has right. @param lost those that the second alone has right.
 */
export function mcNemar(gained: number, lost: number): { readonly p: number; readonly test: "exact" | "continuity" } {
  const total = gained + lost;
  if (total <= MOST_EXACT) return { p: binomialTails(Math.min(gained, lost), total), test: "exact" };
  const statistic = (Math.abs(gained - lost) - 1) ** 2 / total;
  return { p: complementaryError(Math.sqrt(statistic / 2)), test: "continuity" };
}

/** Both tails of a fair coin's: so few heads, or fewer, or as few of the other side. */
function binomialTails(few: number, total: number): number {
  let term = -total * Math.LN2;
  let sum = Math.exp(term);
  for (let heads = 1; heads <= few; heads++) {
    term += Math.log((total - heads + 1) / heads);
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
}

/** Where the series gives way to the continued fraction. */
const SMALL = 2;

/** erfc for 0 and more: the series of erf (Abramowitz and Stegun 7.1.6), and 7.1.14 by Lentz' way from the end. */
function complementaryError(x: number): number {
  const bell = Math.exp(-x * x);
  if (x < SMALL) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 60; n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * bell * sum;
  }
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return bell / Math.sqrt(Math.PI) / fraction;
}

/** Area under the receiver operating characteristic, by ranks (Mann and Whitney 1947); a tie counts half. */
export function separation(higher: readonly number[], lower: readonly number[]): number {
  const below = lower.toSorted((a, b) => a - b);
  const won = higher.reduce((sum, value) => {
    const [under, upTo] = [bisect(below, (other) => other < value), bisect(below, (other) => other <= value)];
    return sum + (under + upTo) / 2;
  }, 0);
  return won / (higher.length * lower.length);
}

function bisect(sorted: readonly number[], isBefore: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By nearest rank. @param sorted ascending, not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
