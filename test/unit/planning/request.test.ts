import { describe, expect, test } from "vitest";
import { machineNamed, nextMachine } from "../../../src/lib/planning/machines.ts";
import {
  dailyMinutes,
  overridesOf,
  replayedMinutes,
  targetsOf,
  variantsOf,
} from "../../../src/lib/planning/request.ts";
import { GIB } from "../../../src/lib/units.ts";

const HERE = { cores: 3, memoryBytes: 6 * GIB };

function variantsFor(machine: string, whatIf: readonly string[] = [], env: Record<string, string> = {}) {
  const asked = { speed: 1, unlimited: true, besideBytes: 0, besideMs: 0, envFile: undefined };
  return variantsOf({ ...asked, machine: machineNamed(machine, HERE), whatIf, env });
}

describe("what is asked", () => {
  test("settings by their names, several at once; what is none is named", () => {
    expect(overridesOf("MAX_USERS_PER_PROCESS=200,WORKERS=1")).toEqual({ MAX_USERS_PER_PROCESS: "200", WORKERS: "1" });
    expect(() => overridesOf("WORKERS=1,WORKER=2")).toThrow("WORKER is no setting");
    expect(() => overridesOf("")).toThrow("--what-if");
  });

  test("of targets only those that a plan can tell", () => {
    expect(targetsOf([])).toEqual({ p99Ms: 2000, failed: 0.01 });
    expect(
      targetsOf([
        ["p99", 500],
        ["errors", undefined],
      ]),
    ).toEqual({ p99Ms: 500, failed: Infinity });
    expect(() => targetsOf([["cpu", 0.5]])).toThrow("--target cpu");
  });
});

describe("a day", () => {
  test("has its tenth at four in the morning and all of it at four in the afternoon", () => {
    const minutes = dailyMinutes(50);
    expect(minutes).toHaveLength(1440);
    expect([minutes[4 * 60], minutes[16 * 60], minutes[10 * 60]]).toEqual([5, 50, 27.5]);
    expect(Math.max(...minutes)).toBe(50);
  });

  test("of the journal is as it was, or its busiest minute is as was said", () => {
    const at = (hour: number, minute: number): string => new Date(2026, 10, 29, hour, minute).toISOString();
    const points = [
      { at: at(9, 0), requests: 60 },
      { at: at(9, 1), requests: 240 },
    ];
    const asItWas = replayedMinutes(points, 60, undefined);
    expect([asItWas[539], asItWas[540], asItWas[541], asItWas[542]]).toEqual([0, 1, 4, 0]);
    expect(replayedMinutes(points, 60, 10)[540]).toBe(2.5);
    // A point that stands for ten minutes is each of them.
    const long = replayedMinutes([{ at: at(9, 0), requests: 600 }], 600, undefined);
    expect(long.map((rate, minute) => (rate > 0 ? minute : -1)).filter((minute) => minute >= 0)).toEqual(
      Array.from({ length: 10 }, (_, minute) => 540 + minute),
    );
    expect(() => replayedMinutes([], 60, 1)).toThrow("the journal has no requests");
  });
});

describe("machines", () => {
  test("credits that a t3 earns in an hour are as Amazon publishes them", () => {
    const earned = ["t3.medium", "t3.large", "t3.xlarge", "t3.2xlarge"].map((name) => {
      const { cores, baseline } = machineNamed(name, HERE);
      return Math.round(cores * (baseline ?? 0) * 60);
    });
    expect(earned).toEqual([24, 36, 96, 192]);
  });

  test("the next one is of the same kind and larger; the last has none", () => {
    const next = (name: string): string | undefined => nextMachine(machineNamed(name, HERE))?.name;
    expect(["t3.large", "t3.2xlarge", "m6i.large", "m6i.4xlarge", "here"].map(next)).toEqual([
      "t3.xlarge",
      undefined,
      "m6i.xlarge",
      undefined,
      "m6i.xlarge",
    ]);
    expect(() => machineNamed("t9.huge", HERE)).toThrow("--machine t9.huge: known are here, t3.medium");
  });

  test("each has the settings that combot would have there, and what was said otherwise", () => {
    const variants = variantsFor("t3.large", ["MAX_USERS_PER_PROCESS=200,WORKERS=1"], { QUEUE_MAX_TEXTS: "77" });
    const told = variants.map(({ name, machine, policy }) => [
      name,
      machine.cores,
      policy.workers,
      policy.maxUsersPerProcess,
      policy.queueMaxTexts,
    ]);
    expect(told).toEqual([
      ["t3.large", 2, 2, 50, 77],
      ["MAX_USERS_PER_PROCESS=200 WORKERS=1", 2, 1, 200, 77],
      ["WORKERS=4", 2, 4, 50, 77],
      ["t3.xlarge", 4, 4, 100, 77],
    ]);
    expect(() => variantsFor("here", ["WORKERS=0"])).toThrow("One fault in the settings");
  });
});
