import { describe, expect, test } from "vitest";
import type { CombotError } from "../../../src/lib/errors.ts";
import { bottleneckOf } from "../../../src/lib/perf/verdict/bottleneck.ts";
import { judgeStability } from "../../../src/lib/perf/verdict/stability.ts";
import { measuredFigures } from "../../../src/lib/perf/verdict/measured.ts";
import { defaultTargets, judgeTargets, parseTarget, TARGET_KINDS } from "../../../src/lib/perf/verdict/targets.ts";
import type { Measured, TargetName } from "../../../src/lib/perf/verdict/targets.ts";
import { GIB, MIB } from "../../../src/lib/units.ts";
import { PERF_REPORT } from "../../support/perf-report.ts";

describe("targets", () => {
  test.each([
    ["p99=500ms", ["p99", 500]],
    ["p99=1.5s", ["p99", 1500]],
    ["p50=20", ["p50", 20]],
    ["memory=512M", ["memory", 512 * MIB]],
    ["hit-rate=90%", ["hit-rate", 0.9]],
    ["errors=0", ["errors", 0]],
    ["rate=50", ["rate", 50]],
    ["rate=50/s", ["rate", 50]],
    ["cpu=off", ["cpu", undefined]],
  ])("%s is read", (text, read) => {
    expect(parseTarget(text)).toEqual(read);
  });

  test.each([
    "p99",
    "p99=",
    "p99=fast",
    "p99=5m",
    "speed=1",
    "hit-rate=9 of 10",
    "memory=lots",
    "toString=1",
    "p99=-1",
  ])("%s is refused with what is allowed", (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: "USAGE" }) as CombotError);
  });

  test("are the seed's by default, with more memory on the larger machine", () => {
    expect(Object.fromEntries(defaultTargets({ COMBOT_PROFILE: "t3.large" }))).toEqual({
      p99: 2000,
      rate: 10,
      memory: 6 * GIB,
      "memory-usage": 0.75,
      cpu: 0.8,
      "hit-rate": 0.8,
      errors: 0.01,
      cleanup: 5000,
      recycle: 10_000,
      load: 30_000,
    });
    expect(defaultTargets({ COMBOT_PROFILE: "t3.xlarge" }).get("memory")).toBe(12 * GIB);
  });

  test("of CPU leaves out what others took, and says so", () => {
    const cpuOf = (steady: Partial<NonNullable<typeof PERF_REPORT.steady>>) =>
      measuredFigures({ ...PERF_REPORT, steady: { ...PERF_REPORT.steady!, ...steady } }, 10).cpu;
    expect(cpuOf({ machineCpu: 0.97, ownCpu: 0.2 })).toEqual({
      value: 0.2,
      detail: "at 20 requests a second; others took 77%, which is left out",
    });
    expect(cpuOf({ machineCpu: 0.28, ownCpu: 0.2 })).toEqual({ value: 0.28, detail: "at 20 requests a second" });
    // Whoever may not see the daemon's processes is told of the machine alone.
    expect(cpuOf({ machineCpu: 0.97, ownCpu: null })).toEqual({ value: 0.97, detail: "at 20 requests a second" });
  });

  test("are met, missed or not measured, each by its own bound", () => {
    const nothing: Measured = { value: null, detail: "not done" };
    const all = Object.fromEntries(Object.keys(TARGET_KINDS).map((name) => [name, nothing]));
    const measured = {
      ...(all as Record<TargetName, Measured>),
      p99: { value: 2000 },
      p50: { value: 1999 },
      rate: { value: 10 },
      "hit-rate": { value: 0.79 },
      load: { value: null, detail: "it broke", isBroken: true },
    };
    const targets = new Map<TargetName, number>([
      ["p99", 2000],
      ["p50", 2000],
      ["rate", 10],
      ["hit-rate", 0.8],
      ["load", 30_000],
      ["cleanup", 5000],
    ]);
    const verdicts = judgeTargets(targets, measured);
    expect(verdicts.map(({ name, pass }) => [name, pass])).toEqual([
      ["p99", false],
      ["p50", true],
      ["rate", true],
      ["hit-rate", false],
      ["load", false],
      ["cleanup", null],
    ]);
    expect(verdicts.at(-1)).toMatchObject({ measured: null, detail: "not done" });
  });
});

describe("stability", () => {
  test("is three thirds within 10% of each other", () => {
    expect(judgeStability("perSecond", [100, 105, 96])).toMatchObject({ stable: true });
    expect(judgeStability("perSecond", [100, 120, 96])).toMatchObject({ stable: false });
  });

  test("is not told of a run that is too short, or in which nothing was answered", () => {
    expect(judgeStability("p50", [])).toMatchObject({ stable: null, spread: null });
    expect(judgeStability("p50", [1, null, 1])).toMatchObject({ stable: null });
    expect(judgeStability("perSecond", [0, 0, 0])).toMatchObject({ stable: null });
  });
});

describe("the bottleneck", () => {
  const { bottleneck: _none, ...fine } = PERF_REPORT.generator;

  test("is not the generator where it was idle and on time", () => {
    expect(bottleneckOf(fine, 20)).toBeNull();
  });

  test("is the generator that had no time left", () => {
    expect(bottleneckOf({ ...fine, utilisation: 0.95 }, 20)).toContain("95%");
  });

  test("is the generator that was late by more than a tenth of what it measured", () => {
    const late = { ...fine, latenessMs: { ...fine.latenessMs, mean: 8 } };
    expect(bottleneckOf(late, 20)).toContain("8.0 ms late");
    expect(bottleneckOf(late, 200)).toBeNull();
    expect(bottleneckOf({ ...fine, loopDelayMs: { ...fine.loopDelayMs, mean: 8 } }, 20)).toContain("8.0 ms late");
  });
});
