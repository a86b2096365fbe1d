import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrivalTimesMs } from "../../../src/lib/perf/load/arrivals.ts";
import { Latencies } from "../../../src/lib/perf/load/latency.ts";
import { questions } from "../../../src/lib/perf/load/questions.ts";
import { Recorder } from "../../../src/lib/perf/load/recorder.ts";
import { Windows } from "../../../src/lib/perf/load/windows.ts";
import { zipf } from "../../../src/lib/perf/load/zipf.ts";
import { bundledTexts } from "../../../src/lib/perf/texts.ts";
import { createRandom } from "../../../src/lib/random.ts";

describe("arrivals", () => {
  const first = (kind: "even" | "poisson", perSecond: number, count: number): number[] =>
    arrivalTimesMs(kind, perSecond, createRandom(7)).take(count).toArray();

  test("even ones are evenly spaced", () => {
    expect(first("even", 10, 4)).toEqual([0, 100, 200, 300]);
  });

  test("random ones come at the rate, as often close together as a Poisson process has them", () => {
    const times = first("poisson", 100, 20_001);
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(mean).toBeGreaterThan(9.7);
    expect(mean).toBeLessThan(10.3);
    // 1 - 1/e of the gaps of a Poisson process are shorter than the mean.
    const short = gaps.filter((gap) => gap < 10).length / gaps.length;
    expect(Math.abs(short - (1 - 1 / Math.E))).toBeLessThan(0.02);
  });

  test("never go back", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1000 }), (seed, perSecond) => {
        const times = arrivalTimesMs("poisson", perSecond, createRandom(seed)).take(200).toArray();
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("Zipf's law", () => {
  test("the first is drawn twice as often as the second and ten times as often as the tenth", () => {
    const draw = zipf(1000, createRandom(3));
    const counts = new Map<number, number>();
    for (let drawn = 0; drawn < 200_000; drawn++) {
      const rank = draw();
      counts.set(rank, (counts.get(rank) ?? 0) + 1);
    }
    const ratio = (rank: number): number => counts.get(0)! / counts.get(rank)!;
    expect(ratio(1)).toBeCloseTo(2, 0);
    expect(Math.abs(ratio(9) - 10)).toBeLessThan(1);
  });

  test("draws nothing but what there is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer(), (count, seed) => {
        const draw = zipf(count, createRandom(seed));
        for (let drawn = 0; drawn < 100; drawn++) expect(draw()).toBeLessThan(count);
      }),
    );
  });
});

describe("questions", () => {
  const asked = (options: { users?: number; isUnique?: boolean; model?: string }, count = 500) => {
    const texts = ["where is it", 'a "quoted" text\\', "dritte Frage: größer?"];
    const question = questions({ texts, users: 0, isUnique: false, random: createRandom(1), ...options });
    return Array.from(
      { length: count },
      () => JSON.parse(question()) as { text: string; user?: string; noCache?: boolean; model?: string },
    );
  };

  test("are the texts, as they are, the first most often", () => {
    const texts = asked({}).map(({ text }) => text);
    const often = (text: string): number => texts.filter((one) => one === text).length;
    expect(new Set(texts)).toEqual(new Set(["where is it", 'a "quoted" text\\', "dritte Frage: größer?"]));
    expect(often("where is it")).toBeGreaterThan(often("dritte Frage: größer?"));
    expect(asked({}).some((one) => "user" in one || "noCache" in one)).toBe(false);
  });

  test("name as many users as are wanted", () => {
    expect(new Set(asked({ users: 5 }).map(({ user }) => user)).size).toBe(5);
  });

  test("name the model that is to be asked", () => {
    expect(asked({}).some((one) => "model" in one)).toBe(false);
    for (const options of [{}, { users: 3 }, { isUnique: true }, { users: 3, isUnique: true }])
      expect(asked({ ...options, model: "mood" }).every(({ model }) => model === "mood")).toBe(true);
  });

  test("are all different and never cached where they are to be unique", () => {
    const all = asked({ isUnique: true });
    expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
    expect(all.every(({ noCache }) => noCache === true)).toBe(true);
  });
});

test("the bundled texts are a few thousand, all different", () => {
  const { texts, source } = bundledTexts();
  expect(source).toBe("bundled");
  expect(texts.length).toBeGreaterThanOrEqual(3000);
  expect(new Set(texts).size).toBe(texts.length);
});

describe("latencies", () => {
  test("keep quantiles to three figures, and survive their encoding", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms++) latencies.record(ms);
    for (const one of [latencies, Latencies.decode(latencies.encode())]) {
      expect(one.count).toBe(1000);
      expect(Math.abs(one.quantileMs(0.5)! - 500)).toBeLessThanOrEqual(1);
      expect(Math.abs(one.quantileMs(0.99)! - 990)).toBeLessThanOrEqual(1);
      expect(Math.abs(one.maxMs! - 1000)).toBeLessThanOrEqual(1);
      expect(Math.abs(one.meanMs! - 500.5)).toBeLessThanOrEqual(1);
    }
  });

  test("say nothing of nothing", () => {
    const none = new Latencies();
    expect([none.count, none.meanMs, none.maxMs, none.quantileMs(0.5), none.buckets(10)]).toEqual([
      0,
      null,
      null,
      null,
      [],
    ]);
    expect(Latencies.decode(none.encode()).count).toBe(0);
  });

  test("fall into buckets that hold every one of them and touch each other", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 90_000, noNaN: true }), { minLength: 1 }), (values) => {
        const latencies = new Latencies();
        for (const ms of values) latencies.record(ms);
        const buckets = latencies.buckets(12);
        expect(buckets.reduce((sum, [, , count]) => sum + count, 0)).toBe(values.length);
        for (const [index, [from]] of buckets.entries()) if (index > 0) expect(from).toBe(buckets[index - 1]![1]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("windows", () => {
  test("are a second long, and twice as long when there would be too many", () => {
    const windows = new Windows();
    windows.at(0).answered.memory += 1;
    windows.at(1500).answered.memory += 2;
    windows.at(59_999).failed += 1;
    expect([windows.lengthMs, windows.all.length]).toEqual([1000, 60]);
    windows.at(60_000).answered.redis += 5;
    expect([windows.lengthMs, windows.all.length]).toEqual([2000, 31]);
    expect(windows.all[0]!.answered).toEqual({ memory: 3, redis: 0, computed: 0 });
    expect(windows.all[29]!.failed).toBe(1);
    expect(windows.all[30]!.answered.redis).toBe(5);
  });
});

describe("the recorder", () => {
  test("forgets the warm-up, counts latency from the intended start, and failures by code", () => {
    const recorder = new Recorder();
    recorder.began(50, 50);
    recorder.start(100);
    recorder.began(110, 113);
    recorder.began(120, 120);
    recorder.ended(50, 200, { source: "computed", serverMs: 3 });
    recorder.ended(110, 1610, { source: "memory", serverMs: 1 });
    recorder.ended(120, 130, { code: "QUEUE_FULL" });
    expect([recorder.begun, recorder.answered, recorder.failed]).toEqual([2, 1, 1]);
    expect(recorder.failures).toEqual({ QUEUE_FULL: 1 });
    expect(Math.abs(recorder.latencies.memory.maxMs! - 1500)).toBeLessThanOrEqual(1);
    expect(Math.round(recorder.lateness.maxMs!)).toBe(3);
    // Answered in the second second; its latency belongs to the first, in which it was to begin.
    const [first, second] = recorder.windows.all;
    expect([first!.answered.memory, second!.answered.memory]).toEqual([0, 1]);
    expect([first!.latencies.count, second!.latencies.count]).toEqual([1, 0]);
  });
});
