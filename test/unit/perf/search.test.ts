import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundOf } from "../../../src/lib/perf/search/bound.ts";
import type { Evidence } from "../../../src/lib/perf/search/bound.ts";
import { judgeStep } from "../../../src/lib/perf/search/judge.ts";
import type { StepFigures } from "../../../src/lib/perf/search/judge.ts";
import { answerOf, nextRate } from "../../../src/lib/perf/search/search.ts";
import type { SearchLimits, Tried } from "../../../src/lib/perf/search/search.ts";
import { TARGET_KINDS } from "../../../src/lib/perf/verdict/targets.ts";
import type { Measured, TargetName } from "../../../src/lib/perf/verdict/targets.ts";

const LIMITS: SearchLimits = { startPerSecond: 10, leastPerSecond: 0.1, mostPerSecond: 100_000, precision: 0.05 };
/** From 0.1 to 100,000 are twenty doublings, and one doubling is bisected to 5% in four steps or five. */
const MOST_STEPS = 20 + 1 + 5;

function search(holds: (rate: number) => boolean, limits = LIMITS) {
  const tried: Tried[] = [];
  for (;;) {
    const next = nextRate(tried, limits);
    if (next.act === "found") return { ...next, tried };
    expect(tried.length).toBeLessThan(MOST_STEPS);
    expect(tried.map(({ ratePerSecond }) => ratePerSecond)).not.toContain(next.ratePerSecond);
    tried.push({ ratePerSecond: next.ratePerSecond, held: holds(next.ratePerSecond) });
  }
}

describe("the search", () => {
  test("doubles until a rate is missed, then bisects", () => {
    const { held, missed, tried } = search((rate) => rate <= 92);
    expect(tried.map(({ ratePerSecond }) => ratePerSecond)).toEqual([10, 20, 40, 80, 160, 113, 95.1, 87.2, 91.1]);
    expect([held, missed]).toEqual([91.1, 95.1]);
  });

  test("finds the knee of any machine within 5%, wherever it begins", () => {
    const rates = fc.double({ min: 0.11, max: 99_000, noNaN: true });
    fc.assert(
      fc.property(rates, fc.double({ min: 0.1, max: 10_000, noNaN: true }), (knee, startPerSecond) => {
        const { held, missed } = search((rate) => rate <= knee, { ...LIMITS, startPerSecond });
        expect(held!).toBeLessThanOrEqual(knee);
        expect(held! * 1.051).toBeGreaterThan(knee);
        expect(missed!).toBeGreaterThan(knee);
      }),
    );
  });

  test("ends whatever a machine does, and never tells a rate that was missed, nor one above it", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (fate) => {
        const { held, tried } = search(() => fate.next().value as boolean);
        const missed = tried.filter((one) => !one.held).map(({ ratePerSecond }) => ratePerSecond);
        expect(held ?? 0).toBeLessThan(Math.min(Infinity, ...missed));
      }),
    );
  });

  test("of a machine that holds nothing, and of one that holds all", () => {
    expect(search(() => false)).toMatchObject({ held: null, missed: 0.1 });
    expect(search(() => true)).toMatchObject({ held: 100_000, missed: null });
  });

  test("several runs come to their median, and to how far they lie apart", () => {
    expect(answerOf([100, 110, 104])).toEqual({ ratePerSecond: 104, spread: 10 / 104 });
    expect(answerOf([100, 110])).toEqual({ ratePerSecond: 100, spread: 0.1 });
    expect(answerOf([100])).toEqual({ ratePerSecond: 100, spread: null });
    expect(answerOf([null, null, 5])).toEqual({ ratePerSecond: null, spread: null });
  });
});

const NOTHING = Object.fromEntries(
  Object.keys(TARGET_KINDS).map((name) => [name, { value: null }]),
) as unknown as Record<TargetName, Measured>;
const TARGETS = new Map<TargetName, number>([
  ["p99", 1000],
  ["errors", 0.01],
]);
const CALM: StepFigures = {
  ratePerSecond: 100,
  begun: 900,
  failed: 0,
  answeredInTime: 895,
  medians: [20, 21, 20],
  stopped: null,
  measured: { ...NOTHING, p99: { value: 400 }, errors: { value: 0 } },
};

describe("one rate is", () => {
  test.each([
    ["held where all is met", {}, "held", null],
    [
      "missed where a target is",
      { measured: { ...CALM.measured, p99: { value: 1001 } } },
      "missed",
      "missed: latency p99",
    ],
    // What comes in a second may wait, of 100/s: 100; with three times its root and a few.
    ["held with what may wait", { answeredInTime: 770 }, "held", null],
    ["missed with more", { answeredInTime: 750 }, "missed", "saturated: 150 requests were waiting at its end"],
    ["missed where it was broken off", { stopped: "memory is at level high" }, "missed", "memory is at level high"],
    ["missed where nothing was asked", { begun: 0, answeredInTime: 0 }, "missed", "nothing was asked"],
    [
      "unsteady where its windows lie apart",
      { medians: [20, 90, 40] },
      "unsteady",
      "its three windows lie too far apart",
    ],
    ["held where they do by a few ms", { medians: [1, 5.9, 2] }, "held", null],
    [
      "unsteady where a window has nothing",
      { medians: [20, null, 20] },
      "unsteady",
      "its three windows lie too far apart",
    ],
  ] as const)("%s", (_, changes, verdict, why) => {
    expect(judgeStep({ ...CALM, ...changes }, TARGETS, false)).toMatchObject({ verdict, why });
  });

  test("judged all the same at the last look: missed where latency rises all the while", () => {
    expect(judgeStep({ ...CALM, medians: [20, 90, 40] }, TARGETS, true).verdict).toBe("held");
    expect(judgeStep({ ...CALM, medians: [20, 90, 200] }, TARGETS, true)).toMatchObject({
      verdict: "missed",
      why: "latency rose from window to window",
    });
  });
});

const IDLE: Evidence = {
  generator: null,
  generatorUtilisation: 0.1,
  level: "normal",
  usage: 0.3,
  swappedBytes: 0,
  memoryMissed: [],
  machineCpu: 0.3,
  ownCpu: 0.3,
  steal: 0,
  throttled: null,
  computedMs: 30,
  queueMs: 5,
  batchMs: 20,
  refusedShare: 0,
  waiting: 2,
  redisMs: 0.4,
  redisAway: 0,
  redisAnswerMs: 1,
  limitMs: 500,
};
const SPENT = { machineCpu: 0.97, ownCpu: 0.95, queueMs: 800, waiting: 90 };

describe("the bound is", () => {
  test.each<[string, Partial<Evidence>, string | undefined, RegExp | undefined]>([
    ["cpu", SPENT, "cpu", /97% of the machine's CPU/],
    ["cpu, by others", { ...SPENT, ownCpu: 0.5 }, "cpu", /47% of it by others/],
    [
      "cpu, by a quota",
      { ...SPENT, machineCpu: 0.5, ownCpu: 0.5, throttled: 0.93 },
      "cpu",
      /quota stopped the daemon in 93%/,
    ],
    ["cpu, where the model alone takes too long", { batchMs: 300 }, "cpu", /a batch alone takes 300 ms/],
    ["queue, where CPU is left", { queueMs: 300, waiting: 40 }, "queue", /waited 300 ms .* takes 20 ms; up to 40/],
    ["queue, where it refuses", { refusedShare: 0.2 }, "queue", /20% of the calls were refused/],
    ["memory, by its level", { ...SPENT, level: "high", usage: 0.83 }, "memory", /level high, 83% used/],
    ["memory, by swap", { swappedBytes: 64 * 1024 ** 2 }, "memory", /swapped 64 MiB/],
    ["memory, by a target", { memoryMissed: ["memory used, peak was over its target"] }, "memory", /over its target/],
    ["redis, where its commands take the time", { redisMs: 15, limitMs: 30 }, "redis", /takes Redis 15 ms/],
    ["redis, where it was too slow to be asked", { redisAway: 0.6 }, "redis", /not asked, for 60%/],
    ["cpu, where Redis is late as everybody is", { ...SPENT, redisMs: 30, redisAway: 0.6 }, "cpu", /97%/],
    ["the generator", { generator: "it was late" }, "generator", /it was late/],
    ["cpu, where the generator is late for want of it", { ...SPENT, generator: "it was late" }, "cpu", /97%/],
    [
      "the generator, busy beside a spent machine",
      { ...SPENT, generator: "busy", generatorUtilisation: 0.95 },
      "generator",
      /busy/,
    ],
    [
      "the generator under a quota of its own",
      { ...SPENT, generator: "late", generatorThrottled: 0.8 },
      "generator",
      /late/,
    ],
    [
      "cpu, under one quota with the daemon",
      { ...SPENT, generator: "late", generatorThrottled: 0.8, throttled: 0.9 },
      "cpu",
      /quota/,
    ],
    ["not told", {}, undefined, undefined],
  ])("%s", (_, changes, by, words) => {
    const bound = boundOf({ ...IDLE, ...changes });
    expect(bound?.by).toBe(by);
    if (words) expect(bound?.evidence.join("; ")).toMatch(words);
  });
});
