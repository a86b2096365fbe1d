import { CombotError } from "./errors.ts";

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  min: 60,
  m: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
};
const MOST_PER_SECOND = 1000;

/**
 * How often a user asks, as --per-user has it: `2/min`, `30/h`, `0.1/s`.
 *
 * @param seconds how long the time is of which it is told how often: 60, as often a minute.
 * @throws {CombotError} `USAGE`
 */
export function perUserRateOf(text: string, seconds: number): number {
  const [, count = NaN, unit = ""] = /^(\d+(?:\.\d+)?)\/([a-z]+)$/.exec(text) ?? [];
  const unitSeconds = UNIT_SECONDS[unit] ?? NaN;
  const perSecond = Number(count) / unitSeconds;
  if (perSecond > 0 && perSecond <= MOST_PER_SECOND) return (Number(count) * seconds) / unitSeconds;
  throw new CombotError(
    "USAGE",
    `--per-user ${text}: give how often a user asks, as 2/min, 30/h or 0.1/s, ${MOST_PER_SECOND}/s at most.`,
  );
}
