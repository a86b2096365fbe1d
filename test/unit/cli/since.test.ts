import { expect, test } from "vitest";
import { parseSince } from "../../../src/lib/cli/since.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

test.each([
  ["30s", "2026-03-01T11:59:30.000Z"],
  ["15m", "2026-03-01T11:45:00.000Z"],
  ["2h", "2026-03-01T10:00:00.000Z"],
  ["3d", "2026-02-26T12:00:00.000Z"],
  ["0s", "2026-03-01T12:00:00.000Z"],
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
  ["2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"],
])("%s is %s", (text, moment) => {
  expect(parseSince(text, NOW_MS)).toBe(moment);
});

test.each(["", "2", "h", "-2h", "2 h", "1.5h", "2w", "yesterday", "2026-01-31", "2026-02-31T25:00:00Z", "999999999d"])(
  "%j is refused with what is allowed",
  (text) => {
    expect(() => parseSince(text, NOW_MS)).toThrow(/give a time ago \(30s, 15m, 2h, 3d\)/);
  },
);
