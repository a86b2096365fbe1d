import { describe, expect, test } from "vitest";
import type { HistoryPoint, HistoryReply } from "../../../src/lib/protocol/history.ts";
import { ASCII_GLYPHS, UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { renderHistory } from "../../../src/lib/render/history.ts";
import { mergePoints, stepFor } from "../../../src/lib/render/history-steps.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";

const NOW_MS = Date.parse("2026-01-02T12:00:30Z");
const HOUR_MS = 3_600_000;
const NOTHING = { p50: null, p90: null, p99: null };

function point(at: string, more: Partial<HistoryPoint> = {}): HistoryPoint {
  return {
    at,
    requests: 100,
    texts: 100,
    errors: 0,
    throughput: 1,
    hitRate: 0.5,
    latencyMs: { memory: { p50: 0.1, p90: 0.2, p99: 0.9 }, redis: NOTHING, computed: { p50: 9, p90: 20, p99: 31 } },
    level: "normal",
    usage: 0.5,
    users: 4,
    recycles: 0,
    ...more,
  };
}

describe("stepFor", () => {
  test.each([
    [24 * HOUR_MS, 100, 15],
    [24 * HOUR_MS, 96, 15],
    [24 * HOUR_MS, 24, 60],
    [2 * HOUR_MS, 120, 1],
    [0, 120, 1],
    [30 * 24 * HOUR_MS, 100, 480],
    [365 * 24 * HOUR_MS, 100, 4 * 1440],
  ])("%i ms in at most %i stretches: %i minutes each", (spanMs, most, minutes) => {
    expect(stepFor(spanMs, most)).toBe(minutes * 60_000);
  });
});

describe("mergePoints", () => {
  test("sums counts, keeps the worst of the rest, and weighs hit rates by their texts", () => {
    const points = [
      point("2026-01-02T10:00:00Z", { hitRate: 0.2, texts: 300, usage: null, level: "critical", users: 9 }),
      point("2026-01-02T10:30:00Z", { hitRate: 0.6, errors: 3, usage: 0.7, recycles: 2, level: "warning" }),
      point("2026-01-02T10:45:00Z", {
        hitRate: null,
        texts: 0,
        latencyMs: { memory: NOTHING, redis: NOTHING, computed: NOTHING },
      }),
      point("2026-01-02T11:00:00Z"),
    ];
    const rows = [...mergePoints(points, HOUR_MS).values()];
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      requests: 300,
      errors: 3,
      usage: 0.7,
      level: "critical",
      users: 9,
      recycles: 2,
      p99Ms: 31,
    });
    expect(rows[0]?.hitRate).toBeCloseTo(0.3, 10);
  });
});

describe("renderHistory", () => {
  const view = { nowMs: NOW_MS, width: 100, glyphs: UNICODE_GLYPHS, paint: PLAIN };

  test("has a sparkline for each measure with a gap where the daemon did not run, and rows by time", () => {
    const reply: HistoryReply = {
      since: "2026-01-02T11:30:30Z",
      stepSeconds: 60,
      points: [
        ...Array.from({ length: 10 }, (_, index) =>
          point(`2026-01-02T11:${31 + index}:00Z`, { usage: 0.1 * index, hitRate: index < 3 ? null : 0.25 }),
        ),
        point("2026-01-02T11:58:00Z", { requests: 123_456, errors: 12, level: "high", usage: 0.87, recycles: 3 }),
        point("2026-01-02T12:00:00Z"),
      ],
    };
    expect(`\n${renderHistory(reply, view)}\n`).toMatchInlineSnapshot(`
      "
      The last 30m, a stroke each 1m, a row each 2m; times are UTC.

               LOW HIGH LAST
      usage     0%  90%  50%  ▁▁▂▃▄▄▅▆▇█                 ▇ ▄
      hit rate 25%  50%  50%     ▂▂▂▂▂▂▂                 ▄ ▄
      unsure     -    -    -
      p99 ms    31   31   31  ██████████                 █ █
      recycles   0    3    0  ▁▁▁▁▁▁▁▁▁▁                 █ ▁

      FROM              REQUESTS ERRORS HIT RATE UNSURE P99 MS USAGE LEVEL  USERS RECYCLES
      2026-01-02 11:30Z      100      0        -      -     31    0% normal     4        0
      2026-01-02 11:32Z      200      0        -      -     31   20% normal     4        0
      2026-01-02 11:34Z      200      0      25%      -     31   40% normal     4        0
      2026-01-02 11:36Z      200      0      25%      -     31   60% normal     4        0
      2026-01-02 11:38Z      200      0      25%      -     31   80% normal     4        0
      2026-01-02 11:40Z      100      0      25%      -     31   90% normal     4        0
      2026-01-02 11:58Z     123k     12      50%      -     31   87% high       4        3
      2026-01-02 12:00Z      100      0      50%      -     31   50% normal     4        0
      "
    `);
  });

  test("draws with ASCII where the terminal has no other, and a dash where nothing was measured", () => {
    const bare = { latencyMs: { memory: NOTHING, redis: NOTHING, computed: NOTHING }, hitRate: null, usage: null };
    const points = [point("2026-01-02T11:59:00Z", { ...bare, recycles: 1 }), point("2026-01-02T12:00:00Z", bare)];
    const reply = { since: "2026-01-02T11:58:00Z", stepSeconds: 60, points };
    expect(`\n${renderHistory(reply, { ...view, glyphs: ASCII_GLYPHS })}\n`).toMatchInlineSnapshot(`
      "
      The last 2m 30s, a stroke each 1m, a row each 1m; times are UTC.

               LOW HIGH LAST
      usage      -    -    -
      hit rate   -    -    -
      unsure     -    -    -
      p99 ms     -    -    -
      recycles   0    1    0  #_

      FROM              REQUESTS ERRORS HIT RATE UNSURE P99 MS USAGE LEVEL  USERS RECYCLES
      2026-01-02 11:59Z      100      0        -      -      -     - normal     4        1
      2026-01-02 12:00Z      100      0        -      -      -     - normal     4        0
      "
    `);
  });

  test("says so where there is nothing", () => {
    const reply = { since: "2026-01-02T10:00:30Z", stepSeconds: 60, points: [] };
    expect(renderHistory(reply, view)).toBe("Nothing is kept of the last 2h. The daemon writes a row each minute.");
  });
});

test("points of one model are put together by their calls", () => {
  const own = (at: string, more: Partial<HistoryPoint>): HistoryPoint => point(at, { loads: 1, evictions: 2, ...more });
  const points = [
    own("2026-01-02T11:00:00Z", { requests: 4, errors: 1, meanMs: 10 }),
    own("2026-01-02T11:01:00Z", { requests: 1, meanMs: 30 }),
    own("2026-01-02T11:02:00Z", { requests: 2, errors: 2, meanMs: null }),
  ];
  const [row] = mergePoints(points, HOUR_MS).values();
  expect(row).toMatchObject({ requests: 7, errors: 3, meanMs: 15, loads: 3, evictions: 6 });
});
