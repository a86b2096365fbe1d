import { CombotError } from "../errors.ts";

export const LONGEST_SECONDS = 86_400;
export const HIGHEST_RATE = 100_000;

const UNIT_SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };

/** `30s`, `2m`, `1h`, `30`; undefined where it is none of these. */
export function secondsIn(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNIT_SECONDS[unit] ?? NaN);
}

/** @throws {CombotError} `USAGE` */
export function secondsOf(flag: string, text: string, least: number): number {
  const seconds = secondsIn(text);
  if (seconds !== undefined && seconds >= least && seconds <= LONGEST_SECONDS) return seconds;
  throw new CombotError("USAGE", `${flag} ${text}: give a time from ${least}s to 24h, as 30s or 2m.`);
}

/** @throws {CombotError} `USAGE` */
export function rateOf(text: string): number {
  const rate = Number(text);
  if (rate > 0 && rate <= HIGHEST_RATE) return rate;
  throw new CombotError("USAGE", `--rate ${text}: give requests a second, above 0 and up to ${HIGHEST_RATE}.`);
}

const FASTEST = 1000;

/** @throws {CombotError} `USAGE` */
export function speedOf(text: string): number {
  const speed = Number(text);
  if (speed > 0 && speed <= FASTEST) return speed;
  throw new CombotError("USAGE", `--speed ${text}: give how many times as fast, above 0 and up to ${FASTEST}.`);
}
