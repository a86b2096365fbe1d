import fc from "fast-check";
import { expect, test } from "vitest";
import { parseMoment } from "../../../src/lib/monitor/past-time.ts";
import { SPANS, windowFor } from "../../../src/lib/monitor/past-window.ts";

const NOW = "2026-03-01T12:20:40.000Z";

test.each([
  ["11:05", "2026-03-01T11:05:00.000Z"],
  ["13:05", "2026-02-28T13:05:00.000Z"],
  ["9:05", "2026-03-01T09:05:00.000Z"],
  ["02-14 09:30", "2026-02-14T09:30:00.000Z"],
  ["12-31 23:59", "2025-12-31T23:59:00.000Z"],
  ["2026-01-02 03:04", "2026-01-02T03:04:00.000Z"],
  ["2026-01-02T03:04:59Z", "2026-01-02T03:04:00.000Z"],
  ["2026-01-02T03:04:59+02:00", "2026-01-02T01:04:00.000Z"],
  ["15m", "2026-03-01T12:05:00.000Z"],
  ["-2h", "2026-03-01T10:20:00.000Z"],
  [" 3d ", "2026-02-26T12:20:00.000Z"],
])("%j is a moment", (text, expected) => {
  const atMs = parseMoment(text, Date.parse(NOW));
  expect(atMs === undefined ? undefined : new Date(atMs).toISOString()).toBe(expected);
});

test.each(["", "noon", "25:00", "13-40 10:00", "2026-01-02", "5", "5x", "2026-01-02 03:04 PM"])(
  "%j is none",
  (text) => {
    expect(parseMoment(text, Date.parse(NOW))).toBeUndefined();
  },
);

test("the time line has the moment on it, stays while it has, and ends at now", () => {
  const nowMs = Date.parse(NOW);
  const moments = fc.array(fc.integer({ min: 0, max: 43_200 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(moments, fc.constantFrom(...SPANS), (minutesAgo, { spanMs, stepMs }) => {
      let before: ReturnType<typeof windowFor> | undefined;
      for (const ago of minutesAgo) {
        const atMs = Math.floor(nowMs / 60_000 - 1 - ago) * 60_000;
        const window = windowFor(atMs, spanMs, nowMs, before);
        expect(atMs).toBeGreaterThanOrEqual(window.fromMs);
        expect(atMs).toBeLessThan(window.untilMs);
        expect(window.untilMs - window.fromMs).toBe(spanMs);
        expect(window.untilMs).toBeLessThanOrEqual(nowMs + stepMs);
        if (before && atMs >= before.fromMs && atMs < before.untilMs) expect(window).toBe(before);
        before = window;
      }
    }),
  );
});
