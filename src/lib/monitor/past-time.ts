const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS };

/**
 * Where the minute begins that somebody means: `14:30` (UTC, the last one), `11-28 14:30` (of this year or the last),
 * `2026-11-28 14:30`, an RFC 3339 time, or `15m`, `2h`, `3d` ago. Undefined for anything else.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const words = text.trim();
  const [, count, unit = ""] = /^-?(\d{1,6})([mhd])$/.exec(words) ?? [];
  if (count !== undefined) return minuteOf(nowMs - Number(count) * (UNITS[unit] ?? 0));
  const now = new Date(nowMs).toISOString();
  if (/^\d{1,2}:\d\d$/.test(words))
    return lastOf(
      [0, DAY_MS].map((ago) => `${isoOf(nowMs - ago).slice(0, 10)} ${words}`),
      nowMs,
    );
  if (/^\d\d-\d\d \d{1,2}:\d\d$/.test(words)) {
    const year = Number(now.slice(0, 4));
    return lastOf(
      [year, year - 1].map((one) => `${one}-${words}`),
      nowMs,
    );
  }
  return lastOf([words], Infinity);
}

/** The first of them that is not to come. */
function lastOf(texts: readonly string[], nowMs: number): number | undefined {
  const times = texts.map((text) => Date.parse(rfc3339(text))).filter((ms) => !Number.isNaN(ms));
  const atMs = times.find((ms) => ms <= nowMs);
  return atMs === undefined ? undefined : minuteOf(atMs);
}

function rfc3339(text: string): string {
  const [, day, hour = "", minute, rest = ""] = /^(\d{4}-\d\d-\d\d)[T ](\d{1,2}):(\d\d)(.*)$/.exec(text) ?? [];
  return day === undefined
    ? ""
    : `${day}T${hour.padStart(2, "0")}:${minute}${/^(:\d\d(\.\d+)?)?$/.test(rest) ? `${rest || ":00"}Z` : rest}`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
