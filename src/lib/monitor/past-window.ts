const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a time line may cover, and what a point of it stands for: 180 points at most, as many as a wide screen shows. */
export const SPANS = [
  { spanMs: HOUR_MS, stepMs: MINUTE_MS },
  { spanMs: 6 * HOUR_MS, stepMs: 2 * MINUTE_MS },
  { spanMs: DAY_MS, stepMs: 10 * MINUTE_MS },
  { spanMs: 7 * DAY_MS, stepMs: HOUR_MS },
  { spanMs: 30 * DAY_MS, stepMs: 4 * HOUR_MS },
] as const;

/** A stretch of time, in ms since 1970. */
export interface PastWindow {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

/**
 * Where the time line stands. It stays where it is for as long as the moment is on it, so that the eye can follow the
 * mark, and else goes where the moment is in the middle; it never reaches beyond now.
 */
export function windowFor(atMs: number, spanMs: number, nowMs: number, before: PastWindow | undefined): PastWindow {
  const stepMs = SPANS.find((span) => span.spanMs === spanMs)?.stepMs ?? MINUTE_MS;
  const isSame = before !== undefined && before.untilMs - before.fromMs === spanMs;
  if (isSame && atMs >= before.fromMs && atMs < before.untilMs) return before;
  const newest = Math.ceil(nowMs / stepMs) * stepMs;
  const untilMs = Math.min(newest, Math.ceil((atMs + spanMs / 2) / stepMs) * stepMs);
  return { fromMs: untilMs - spanMs, untilMs, stepMs };
}
