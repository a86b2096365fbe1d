import { describe, expect, test } from "vitest";
import type { CombotError } from "../../../src/lib/errors.ts";
import { questions } from "../../../src/lib/perf/load/questions.ts";
import { replayOf } from "../../../src/lib/perf/replay.ts";
import { createRandom } from "../../../src/lib/random.ts";

const SINCE = "2026-01-02T00:00:00.000Z";
const minute = (at: number, texts: number) => ({ at: new Date(Date.parse(SINCE) + at * 60_000).toISOString(), texts });
/** At minute 5 the daemon did not run. */
const MINUTES = [minute(2, 600), minute(3, 60), minute(4, 360), minute(6, 720), minute(7, 120)];
const TEXTS = [
  { digest: "aa", count: 30, text: null },
  { digest: "bb", count: 10, text: null },
];
const wish = (seconds: number, speed = 1) => ({ since: SINCE, seconds, speed });

describe("a replay", () => {
  test("is the busiest minutes that follow each other, at their rates", () => {
    const { profile, words } = replayOf(MINUTES, TEXTS, wish(180));
    expect(profile).toEqual([
      { seconds: 60, fromPerSecond: 6, toPerSecond: 6 },
      { seconds: 60, fromPerSecond: 0, toPerSecond: 0 },
      { seconds: 60, fromPerSecond: 12, toPerSecond: 12 },
    ]);
    expect(words).toBe("the journal's 3 minutes from 2026-01-02T00:04:00.000Z");
  });

  test("goes faster with more of it, and is cut where its time is over", () => {
    const { profile, words } = replayOf(MINUTES, TEXTS, wish(45, 2));
    expect(profile).toEqual([
      { seconds: 30, fromPerSecond: 24, toPerSecond: 24 },
      { seconds: 15, fromPerSecond: 4, toPerSecond: 4 },
    ]);
    expect(words).toBe("the journal's 2 minutes from 2026-01-02T00:06:00.000Z, 2 times as fast");
  });

  test("asks each text as often as it was, a stand-in for a digest", () => {
    const { texts } = replayOf(MINUTES, TEXTS, wish(60));
    expect(texts.source).toBe("the journal's digests");
    expect(new Set(texts.texts).size).toBe(2);
    const ask = questions({ ...texts, users: 0, isUnique: false, random: createRandom(3) });
    const asked = Array.from({ length: 4000 }, () => (JSON.parse(ask()) as { text: string }).text);
    const first = asked.filter((text) => text === texts.texts[0]).length;
    // Three of four; four standard deviations are 110.
    expect(Math.abs(first - 3000)).toBeLessThan(110);
  });

  test("asks the texts themselves where they were kept", () => {
    const kept = [{ digest: "aa", count: 3, text: "where is it" }, TEXTS[1]!];
    const { texts } = replayOf(MINUTES, kept, wish(60));
    expect(texts).toMatchObject({ source: "the journal, in part", weights: [3, 10] });
    expect(texts.texts[0]).toBe("where is it");
  });

  test.each([[[]], [[minute(1, 0)]]])("of nothing is refused", (points) => {
    const refused = expect.objectContaining({ code: "USAGE" }) as CombotError;
    expect(() => replayOf(points, TEXTS, wish(60))).toThrow(refused);
  });
});
