/** Requests that may still be made at once, and when that was so. */
export interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

export interface Draw {
  readonly bucket: Bucket;
  /** 0: the request may be made; else how long until one may be, in ms. */
  readonly waitMs: number;
}

const MINUTE_MS = 60_000;
/** What is as good as one: sums of fractions fall short of it. */
const ONE = 1 - 1e-9;

/**
 * A bucket of tokens (https://en.wikipedia.org/wiki/Token_bucket): a minute's worth may come at once, and from then on
 * one each 60/N s; what is refused takes nothing.
 *
 * @param bucket undefined for who has not asked yet, or not for long. @param perMinute N, from 1.
 */
export function draw(bucket: Bucket | undefined, perMinute: number, nowMs: number): Draw {
  const perMs = perMinute / MINUTE_MS;
  const before = bucket ?? { left: perMinute, atMs: nowMs };
  const left = Math.min(perMinute, before.left + Math.max(0, nowMs - before.atMs) * perMs);
  if (left >= ONE) return { bucket: { left: Math.max(0, left - 1), atMs: nowMs }, waitMs: 0 };
  return { bucket: { left, atMs: nowMs }, waitMs: (1 - left) / perMs };
}
