import { describe, expect, test } from "vitest";
import { judgeAlerts, QUIET } from "../../../src/daemon/policy/alerts/judge.ts";
import type { AlertState } from "../../../src/daemon/policy/alerts/judge.ts";
import type { AlertReading, AlertThresholds } from "../../../src/daemon/policy/alerts/reading.ts";

const THRESHOLDS: AlertThresholds = {
  memoryWarning: 0.8,
  memoryCritical: 0.9,
  memoryEmergency: 0.95,
  errorRate: 0.05,
  crashes: 3,
  drift: 4,
  windowMs: 600_000,
  diskFree: 0.1,
  hitRate: 0.7,
  expired: 0.5,
  redisMemory: 0.8,
  afterMs: 30_000,
  cacheWindowMs: 300_000,
  loadTimeoutMs: 120_000,
};

const HEALTHY: AlertReading = {
  atMs: 0,
  memoryUsage: 0.5,
  memoryUnmeasured: false,
  hold: null,
  recycles: { memory: 0, crash: 0, hung: 0 },
  workersHeld: false,
  workersWanted: 2,
  workersServing: 2,
  calls: 0,
  failedCalls: 0,
  lookups: 0,
  hits: 0,
  keysFound: 0,
  keysExpired: 0,
  redisUp: true,
  redisMemory: 0.5,
  redisEvicted: 0,
  journalUp: true,
  journalDropped: 0,
  weightsUnshared: false,
  modelChanged: false,
  modelsFailed: 0,
  reloadMs: {},
  unsureDeviation: null,
  diskFree: 0.6,
  cpuStolen: 0,
};

/** What is told, second by second: `at alert change`. */
function told(readings: readonly (Partial<AlertReading> & { readonly atS: number })[]): string[] {
  let state: AlertState = QUIET;
  return readings.flatMap(({ atS, ...change }) => {
    const judged = judgeAlerts(state, { ...HEALTHY, ...change, atMs: atS * 1000 }, THRESHOLDS);
    state = judged.state;
    return judged.verdicts.map((verdict) => `${atS} ${verdict.alert} ${verdict.change}`);
  });
}

function seconds(from: number, to: number, change: Partial<AlertReading> = {}) {
  return Array.from({ length: to - from + 1 }, (_, index) => ({ ...change, atS: from + index }));
}

describe("an alert", () => {
  test("fires once when it has held for its time, and resolves once, a little further off", () => {
    expect(
      told([
        ...seconds(0, 100, { memoryUsage: 0.81 }),
        ...seconds(101, 110, { memoryUsage: 0.77 }),
        ...seconds(111, 120, { memoryUsage: 0.74 }),
      ]),
    ).toEqual(["30 memory-warning fired", "111 memory-warning resolved"]);
  });

  test("that does not hold for its time is none", () => {
    expect(told([...seconds(0, 29, { memoryUsage: 0.89 }), ...seconds(30, 31), ...seconds(32, 60)])).toEqual([]);
  });

  test("is told again after 4 hours, and each 4 hours", () => {
    const hours = (count: number) => count * 3600;
    const readings = [0, 1, hours(3.9), hours(4) + 1, hours(5), hours(8) + 2].map((atS) => ({
      atS,
      workersHeld: true,
    }));
    expect(told(readings)).toEqual([
      "0 workers-held fired",
      `${hours(4) + 1} workers-held reminder`,
      `${hours(8) + 2} workers-held reminder`,
    ]);
  });
});

describe("each rule", () => {
  test.each<[string, Partial<AlertReading>, string[]]>([
    [
      "memory",
      { memoryUsage: 0.96 },
      ["0 memory-emergency fired", "10 memory-critical fired", "30 memory-warning fired"],
    ],
    ["hold", { hold: "hold" }, ["0 memory-hold fired"]],
    ["not ours", { hold: "not ours" }, ["0 pressure-not-ours fired"]],
    ["workers held", { workersHeld: true }, ["0 workers-held fired"]],
    ["no worker", { workersServing: 0 }, ["120 model-down fired"]],
    ["unloaded", { workersServing: 0, workersWanted: 0 }, []],
    ["disk", { diskFree: 0.09 }, ["30 disk fired"]],
    ["disk unknown, memory unknown", { diskFree: null, memoryUsage: null }, []],
    ["Redis away", { redisUp: false, redisMemory: null, redisEvicted: null }, ["30 redis-down fired"]],
    ["Redis off", { redisUp: null, redisMemory: null, redisEvicted: null }, []],
    ["Redis full, nothing dropped", { redisMemory: 0.99, redisEvicted: 7 }, []],
    ["database away", { journalUp: false }, ["30 database-down fired"]],
    ["no journal", { journalUp: null }, []],
    ["memory that can't be measured", { memoryUsage: null, memoryUnmeasured: true }, ["10 memory-unmeasured fired"]],
    ["weights not shared", { weightsUnshared: true }, ["0 weights-unshared fired"]],
    ["another folder than the one that serves", { modelChanged: true }, ["0 model-changed fired"]],
    ["a model that can't be served", { modelsFailed: 1 }, ["0 model-failed fired"]],
    ["healthy", {}, []],
  ])("%s", (_what, change, expected) => {
    expect(told(seconds(0, 150, change))).toEqual(expected);
  });

  test("crashes and recycles count within ten minutes", () => {
    const at = (atS: number, crash: number, memory = 0) => ({ atS, recycles: { crash, hung: 0, memory } });
    expect(told([at(0, 0), at(100, 2), at(500, 3), at(800, 3)])).toEqual([
      "500 worker-crashes fired",
      "800 worker-crashes resolved",
    ]);
    expect(told([at(0, 0), at(400, 2), at(1100, 3)])).toEqual([]);
    expect(told([at(0, 0, 0), at(60, 0, 5)])).toEqual(["60 memory-recycling fired"]);
  });

  test("a cache that answers too few of 500 lookups, for as long as it is looked back", () => {
    const at = (atS: number, lookups: number, hits: number) => ({ atS, lookups, hits });
    const misses = [0, 100, 200, 300, 400, 500].map((atS) => at(atS, atS * 10, atS * 2));
    expect(told(misses)).toEqual(["400 cache-hit-rate fired"]);
    expect(told([...misses, at(600, 8000, 4000), at(900, 18_000, 13_500)])).toEqual([
      "400 cache-hit-rate fired",
      "900 cache-hit-rate resolved",
    ]);
    expect(told([0, 100, 200, 300, 400, 500].map((atS) => at(atS, atS, 0)))).toEqual([]);
  });

  test("entries that are found too old count among at least 100 that were found", () => {
    const at = (atS: number, keysFound: number, keysExpired: number) => ({ atS, keysFound, keysExpired });
    const times = [0, 100, 200, 300, 400, 500];
    expect(told(times.map((atS) => at(atS, atS * 2, atS)))).toEqual(["400 cache-expired fired"]);
    expect(told(times.map((atS) => at(atS, atS * 2, atS * 0.9)))).toEqual([]);
    expect(told(times.map((atS) => at(atS, atS * 0.3, atS * 0.3)))).toEqual([]);
  });

  test("a model that was loading for a tenth of ten minutes after others had its room", () => {
    const at = (atS: number, mood: number, topic: number) => ({ atS, reloadMs: { mood, topic } });
    expect(told([at(0, 0, 0), at(200, 30_000, 59_000), at(400, 59_000, 59_000)])).toEqual([]);
    expect(told([at(0, 5000, 0), at(200, 64_000, 0), at(400, 65_000, 0), at(1100, 66_000, 0)])).toEqual([
      "400 model-thrashing fired",
      "1100 model-thrashing resolved",
    ]);
    expect(told([at(0, 0, 0), { atS: 60, reloadMs: { young: 90_000 } }])).toEqual([]);
  });

  test("a full Redis counts while it drops keys, dropped events once", () => {
    const at = (atS: number, redisEvicted: number | null) => ({ atS, redisMemory: 0.99, redisEvicted });
    expect(told([at(0, 5), at(60, 5), at(120, 6), at(300, 6), at(500, 6)])).toEqual([
      "120 redis-full fired",
      "500 redis-full resolved",
    ]);
    expect(told([at(0, null), at(60, 5)])).toEqual([]);
    expect(told([0, 0, 1, 1].map((journalDropped, index) => ({ atS: index * 400, journalDropped })))).toEqual([
      "800 journal-drops fired",
      "1200 journal-drops resolved",
    ]);
  });

  test("time that the host takes, for as long as it lasts", () => {
    const taken = [...seconds(0, 40, { cpuStolen: 0.3 }), ...seconds(41, 50, { cpuStolen: 0.09 })];
    expect(told([...taken, ...seconds(51, 52)])).toEqual(["30 cpu-stolen fired", "51 cpu-stolen resolved"]);
    expect(told(seconds(0, 90, { cpuStolen: null }))).toEqual([]);
  });

  test("errors need 50 calls in five minutes", () => {
    const at = (atS: number, calls: number, failedCalls: number) => ({ atS, calls, failedCalls });
    expect(told([at(0, 0, 0), at(60, 49, 49)])).toEqual([]);
    expect(told([at(0, 1000, 0), at(60, 1050, 2)])).toEqual([]);
    expect(told([at(0, 1000, 0), at(60, 1050, 3), at(120, 1200, 3)])).toEqual([
      "60 errors fired",
      "120 errors resolved",
    ]);
  });
});
