import { CombotError } from "../errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,9})([smhd])$/;
/** RFC 3339; Date.parse alone would take much else. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * The moment that `2h` (ago) or an RFC 3339 time means, as RFC 3339 in UTC.
 *
 * @throws {CombotError} `USAGE`
 */
export function parseSince(text: string, nowMs: number): string {
  const [, count, unit = ""] = AGO.exec(text) ?? [];
  const ms =
    count === undefined ? Date.parse(TIME.test(text) ? text : "") : nowMs - Number(count) * (UNIT_MS[unit] ?? 0);
  const moment = new Date(ms);
  if (!Number.isNaN(moment.getTime()) && moment.getUTCFullYear() >= 0) return moment.toISOString();
  throw new CombotError("USAGE", `--since ${text}: give a time ago (30s, 15m, 2h, 3d) or 2026-01-31T12:00:00Z.`);
}

const DAY_MS = 86_400_000;

/**
 * Seconds of `15m`: whole minutes, a day at most.
 *
 * @throws {CombotError} `USAGE`
 */
export function parseStep(text: string): number {
  const [, count, unit = ""] = AGO.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? NaN);
  if (ms >= 60_000 && ms <= DAY_MS && ms % 60_000 === 0) return ms / 1000;
  throw new CombotError("USAGE", `--step ${text}: give whole minutes, from 1m to 24h.`);
}
