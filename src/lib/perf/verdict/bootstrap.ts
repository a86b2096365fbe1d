import type { Random } from "../../random.ts";

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/**
 * Between what the ratio of two runs' figures would lie, 95 times in 100, had their windows fallen otherwise: both runs'
 * windows are drawn anew, with replacement, a thousand times (Efron's bootstrap, percentile method). Windows and not
 * single requests, since neighbours in time share their luck.
 *
 * @param statistic of some windows; null where they don't tell.
 * @returns null where fewer than half of the draws told anything.
 */
export function ratioInterval<W>(
  before: readonly W[],
  after: readonly W[],
  statistic: (windows: readonly W[]) => number | null,
  random: Random,
): [number, number] | null {
  const ratios: number[] = [];
  for (let draw = 0; draw < RESAMPLES; draw++) {
    const [from, to] = [statistic(drawn(before, random)), statistic(drawn(after, random))];
    if (from !== null && to !== null && from > 0) ratios.push(to / from);
  }
  if (ratios.length < RESAMPLES / 2) return null;
  ratios.sort((a, b) => a - b);
  const at = (share: number): number => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))]!;
  return [at((1 - CONFIDENCE) / 2), at((1 + CONFIDENCE) / 2)];
}

function drawn<W>(windows: readonly W[], random: Random): W[] {
  return windows.map(() => windows[Math.floor(random() * windows.length)]!);
}
