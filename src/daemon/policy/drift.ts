/** What one model decided of its answers in an hour. */
export interface DecidedHour {
  /** Where it begins, in ms since 1970. */
  readonly atMs: number;
  readonly decided: number;
  /** Of these, those not accepted. */
  readonly unsure: number;
}

const HOUR_MS = 3_600_000;
/** What is judged, and what the baseline is made of: the like is held against the like. */
export const STRETCH_MS = 6 * HOUR_MS;
export const BASELINE_MS = 14 * 24 * HOUR_MS;
/** Of a stretch, to be part of the baseline. */
const LEAST_OF_STRETCH = 50;
/** Three days. */
const LEAST_STRETCHES = 12;
const LEAST_OF_BASELINE = 1000;
/** Of the stretch that is judged. */
export const LEAST_NOW = 500;
/** However even it was: a shift of two points in a hundred is the least that four times of it are. */
const LEAST_NOISE = 0.005;

/**
 * How far the share of answers that were not accepted is, over the last six hours, from what it was in the two weeks
 * before, as a multiple of its own noise: what such stretches differ by among themselves (the days, the weekend, the night),
 * and what chance does with so many answers. The first is the variance of the stretches' shares less what chance alone
 * would make of it (the method of moments; DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2).
 *
 * @param hours of one model and one way to decide. @returns null where there is too little to tell.
 */
export function deviationOf(hours: readonly DecidedHour[], nowMs: number): number | null {
  const stretches = new Map<number, { decided: number; unsure: number }>();
  for (const { atMs, decided, unsure } of hours) {
    const place = Math.floor((nowMs - atMs) / STRETCH_MS);
    if (place < 0 || place > BASELINE_MS / STRETCH_MS) continue;
    const before = stretches.get(place) ?? { decided: 0, unsure: 0 };
    stretches.set(place, { decided: before.decided + decided, unsure: before.unsure + unsure });
  }
  const now = stretches.get(0);
  stretches.delete(0);
  const usual = [...stretches.values()].filter(({ decided }) => decided >= LEAST_OF_STRETCH);
  const decided = sum(usual.map((one) => one.decided));
  if (!now || now.decided < LEAST_NOW || usual.length < LEAST_STRETCHES || decided < LEAST_OF_BASELINE) return null;
  const share = sum(usual.map(({ unsure }) => unsure)) / decided;
  const shares = usual.map((one) => one.unsure / one.decided);
  const mean = sum(shares) / shares.length;
  const variance = sum(shares.map((one) => (one - mean) ** 2)) / (shares.length - 1);
  const byChance = (count: number): number => (share * (1 - share)) / count;
  const ofStretches = Math.max(0, variance - sum(usual.map((one) => byChance(one.decided))) / usual.length);
  const noise = Math.max(LEAST_NOISE, Math.sqrt(ofStretches + byChance(now.decided)));
  return Math.abs(now.unsure / now.decided - share) / noise;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
