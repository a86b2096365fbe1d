import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MEMORY_LEVELS } from "../../../src/lib/protocol/memory-levels.ts";
import type { MemoryLevel } from "../../../src/lib/protocol/memory-levels.ts";
import { CALM, levelOf, rankOf, stepLevel, thresholdOf } from "../../../src/daemon/policy/level.ts";
import type { LevelState, UsageReading } from "../../../src/daemon/policy/level.ts";
import { anyThresholds, THRESHOLDS } from "./thresholds.ts";

/** One reading a second from 0 s on. */
type Readings = readonly (number | readonly [usage: number, some10: number])[];

function readingsOf(readings: Readings, fromMs = 0): UsageReading[] {
  return readings.map((reading, index) => {
    const [usage, some10] = typeof reading === "number" ? [reading, 0] : reading;
    return { atMs: fromMs + index * 1000, usage, pressure: { some10 } };
  });
}

function settledAt(level: MemoryLevel): LevelState {
  return { ...CALM, level };
}

/** The level after each reading. */
function levelsAfter(readings: Readings, from: LevelState = CALM): MemoryLevel[] {
  let state = from;
  return readingsOf(readings).map((reading) => {
    state = stepLevel(state, reading, THRESHOLDS);
    return state.level;
  });
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test("a level begins at its threshold", () => {
  const levels = [0, 0.799, 0.8, 0.85, 0.9, 0.95, 1.2].map((usage) => levelOf(usage, THRESHOLDS));
  expect(levels).toEqual(["normal", "normal", "warning", "high", "critical", "emergency", "emergency"]);
});

describe("going up", () => {
  test.each([
    ["warning", 0.8],
    ["high", 0.87],
    ["critical", 0.9],
  ] as const)("%s after two readings 2 s apart, and not before", (level, usage) => {
    expect(levelsAfter([usage, usage, usage])).toEqual(["normal", "normal", level]);
  });

  test("a reading below between the two begins anew", () => {
    expect(levelsAfter([0.86, 0.79, 0.86, 0.86, 0.86])).toEqual([...times(4, "normal"), "high"]);
  });

  test("emergency at once, from any level", () => {
    expect(levelsAfter([0.95])).toEqual(["emergency"]);
    expect(levelsAfter([0.91, 0.99])).toEqual(["normal", "emergency"]);
    for (const level of MEMORY_LEVELS) expect(levelsAfter([0.96], settledAt(level))).toEqual(["emergency"]);
  });

  test("each level needs its own two readings: one above critical does not enter it", () => {
    expect(levelsAfter([0.81, 0.81, 0.92, 0.81])).toEqual(["normal", "normal", "warning", "warning"]);
    expect(levelsAfter([0.81, 0.86, 0.91, 0.91, 0.91])).toEqual(["normal", "normal", "warning", "high", "critical"]);
  });

  test("readings that come late count by their time, not by their number", () => {
    const state = stepLevel(CALM, { atMs: 0, usage: 0.9, pressure: null }, THRESHOLDS);
    expect(stepLevel(state, { atMs: 1999, usage: 0.9, pressure: null }, THRESHOLDS).level).toBe("normal");
    expect(stepLevel(state, { atMs: 60_000, usage: 0.9, pressure: null }, THRESHOLDS).level).toBe("critical");
  });
});

describe("going down", () => {
  test.each([
    ["warning", 0.751, 0.749, "normal"],
    ["high", 0.801, 0.799, "warning"],
    ["critical", 0.851, 0.849, "high"],
    ["emergency", 0.901, 0.899, "critical"],
  ] as const)("%s is kept at %d and left at %d", (level, kept, left, next) => {
    expect(levelsAfter([kept, left], settledAt(level))).toEqual([level, next]);
  });

  test("at once to the lowest level that would itself not be left", () => {
    expect(levelsAfter([0.82], settledAt("emergency"))).toEqual(["high"]);
    expect(levelsAfter([0.3], settledAt("emergency"))).toEqual(["normal"]);
  });
});

describe("stalls", () => {
  /** As the kernel tells them: a new average every 2 s. */
  const rising: Readings = [20, 20, 35, 35, 50, 50].map((some10) => [0.86, some10] as const);

  test("high and rising for 2 s, they move the verdict one step sooner", () => {
    expect(levelsAfter(rising, settledAt("high"))).toEqual([...times(2, "high"), ...times(4, "critical")]);
    const atWarning = rising.map((reading) => [0.81, (reading as readonly [number, number])[1]] as const);
    expect(levelsAfter(atWarning, settledAt("warning")).at(-1)).toBe("high");
  });

  test("a figure that jumps once and stays lifts nothing, however high", () => {
    expect(new Set(levelsAfter(times(20, [0.86, 90] as const), settledAt("high")))).toEqual(new Set(["high"]));
  });

  test("a fall in between begins anew", () => {
    const uneven = [30, 30, 25, 35, 35, 45].map((some10) => [0.86, some10] as const);
    expect(levelsAfter(uneven, settledAt("high"))).toEqual([...times(5, "high"), "critical"]);
  });

  test("nor one that falls, or rises below 20%", () => {
    const falling = [90, 80, 70, 60, 50].map((some10) => [0.86, some10] as const);
    const low = [1, 5, 10, 15, 19].map((some10) => [0.86, some10] as const);
    expect(new Set(levelsAfter([...falling, ...low], settledAt("high")))).toEqual(new Set(["high"]));
  });

  test("never to emergency, and never where memory is not short", () => {
    const climbing = (usage: number): Readings => [20, 30, 40, 50, 60, 70].map((some10) => [usage, some10] as const);
    expect(new Set(levelsAfter(climbing(0.94), settledAt("critical")))).toEqual(new Set(["critical"]));
    expect(new Set(levelsAfter(climbing(0.79)))).toEqual(new Set(["normal"]));
  });

  test("the level they led to is left 5 points below where it begins, like any other", () => {
    const lifted = [...rising, [0.851, 0], [0.849, 0]] as Readings;
    expect(levelsAfter(lifted, settledAt("high")).slice(-2)).toEqual(["critical", "high"]);
  });
});

describe("whatever is read", () => {
  const anyUsage = fc.double({ min: 0, max: 1.3, noNaN: true });
  const anyReadings = fc.array(fc.tuple(anyUsage, fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 60 });

  const walk = (readings: Readings, thresholds = THRESHOLDS): LevelState[] => {
    let state = CALM;
    return readingsOf(readings).map((reading) => (state = stepLevel(state, reading, thresholds)));
  };

  test("a constant reading settles within 2 s and stays", () => {
    fc.assert(
      fc.property(
        anyReadings,
        anyUsage,
        fc.integer({ min: 0, max: 100 }),
        anyThresholds,
        (before, usage, some10, t) => {
          const levels = walk([...before, ...times(20, [usage, some10] as const)], t).map(({ level }) => level);
          // The first reading of the constant stretch may be the second rise of stalls: then what it led to is left again.
          expect(new Set(levels.slice(before.length + 3)).size).toBe(1);
        },
      ),
    );
  });

  test("a level is left downwards only with a reading 5 points below where it begins", () => {
    fc.assert(
      fc.property(anyReadings, anyThresholds, (readings, thresholds) => {
        walk(readings, thresholds).reduce((before, state, index) => {
          const [usage] = readings[index]!;
          if (rankOf(state.level) < rankOf(before.level))
            expect(usage).toBeLessThan(thresholdOf(before.level, thresholds) - 0.05);
          return state;
        }, CALM);
      }),
    );
  });

  test("a level below emergency is entered only after 2 s of readings that reach it, or the one below it under stalls", () => {
    fc.assert(
      fc.property(anyReadings, (readings) => {
        const states = walk(readings);
        states.forEach(({ level }, index) => {
          const before = states[index - 1]?.level ?? "normal";
          if (rankOf(level) <= rankOf(before) || level === "emergency") return;
          const reached = readings.slice(index - 2, index + 1).map(([usage]) => rankOf(levelOf(usage, THRESHOLDS)));
          expect(reached).toHaveLength(3);
          expect(Math.min(...reached)).toBeGreaterThanOrEqual(rankOf(level) - 1);
        });
      }),
    );
  });

  test("from the same state a higher reading never gives a lower level", () => {
    fc.assert(
      fc.property(
        anyReadings,
        anyUsage,
        anyUsage,
        fc.integer({ min: 0, max: 100 }),
        anyThresholds,
        (before, a, b, some10, t) => {
          const state = walk(before, t).at(-1)!;
          const after = (usage: number): number =>
            rankOf(stepLevel(state, { atMs: before.length * 1000, usage, pressure: { some10 } }, t).level);
          expect(after(Math.max(a, b))).toBeGreaterThanOrEqual(after(Math.min(a, b)));
        },
      ),
    );
  });

  test("emergency is told by memory alone", () => {
    fc.assert(
      fc.property(anyReadings, anyThresholds, (readings, thresholds) => {
        walk(readings, thresholds).reduce((before, state, index) => {
          if (state.level === "emergency" && before.level !== "emergency")
            expect(readings[index]![0]).toBeGreaterThanOrEqual(thresholds.emergency);
          return state;
        }, CALM);
      }),
    );
  });
});
