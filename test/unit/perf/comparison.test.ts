import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CombotError } from "../../../src/lib/errors.ts";
import { readBaseline, refuseUnlike, saveReport } from "../../../src/lib/perf/baseline.ts";
import { Latencies } from "../../../src/lib/perf/load/latency.ts";
import { compareRuns } from "../../../src/lib/perf/verdict/comparison.ts";
import { createRandom } from "../../../src/lib/random.ts";
import type { ComparedFigure, PerfReport } from "../../../src/lib/protocol/perf.ts";
import { PERF_REPORT } from "../../support/perf-report.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** Thirty seconds of about `perSecond` answers of about `ms`, each second as noisy as `noise` says. */
function run(seed: number, ms: number, perSecond: number, noise = 0.05): PerfReport {
  const random = createRandom(seed);
  const list = Array.from({ length: 30 }, (_, second) => {
    const luck = 1 + noise * (random() - 0.5) * 2;
    const computed = Math.round(perSecond / luck);
    const latencies = new Latencies();
    for (let answer = 0; answer < computed; answer++) latencies.record(ms * luck * (0.5 + random()));
    const answered = { computed, memory: 0, redis: 0 };
    return { atSeconds: second, answered, failed: 0, p50: ms, p99: ms, histogram: latencies.encode() };
  });
  return { ...PERF_REPORT, windows: { seconds: 1, list } };
}

function verdicts(figures: readonly ComparedFigure[]): Record<string, string> {
  return Object.fromEntries(figures.map(({ name, verdict }) => [name, verdict]));
}

describe("a comparison of two runs", () => {
  test("finds no change between runs that differ by luck alone, twenty times", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const found = verdicts(compareRuns(run(seed, 20, 100), run(seed + 100, 20, 100)));
      expect(new Set(Object.values(found))).toEqual(new Set(["same"]));
    }
  });

  test("finds what got slower, with the ratio inside its interval", () => {
    const figures = compareRuns(run(1, 20, 100), run(2, 26, 77));
    expect(verdicts(figures)).toMatchObject({ "requests/s": "worse", p50: "worse", p90: "worse", p99: "worse" });
    for (const { ratio, interval } of figures) {
      expect(interval[0]).toBeLessThanOrEqual(ratio);
      expect(interval[1]).toBeGreaterThanOrEqual(ratio);
    }
    const p50 = figures.find(({ name }) => name === "p50")!;
    expect(Math.abs(p50.ratio - 1.3)).toBeLessThan(0.05);
  });

  test("finds what got faster", () => {
    expect(verdicts(compareRuns(run(1, 26, 77), run(2, 20, 100)))).toMatchObject({
      "requests/s": "better",
      p99: "better",
    });
  });

  test("calls a change within the noise no change", () => {
    expect(verdicts(compareRuns(run(1, 20, 100, 0.6), run(2, 21, 95, 0.6)))).toMatchObject({ p50: "same" });
  });

  test("says nothing of what was not measured", () => {
    const blind = { ...run(1, 20, 100), resources: null };
    const names = compareRuns(blind, run(2, 20, 100)).map(({ name }) => name);
    expect(names).toEqual(["requests/s", "p50", "p90", "p99"]);
  });
});

describe("a baseline", () => {
  test("is read as it was saved", () => {
    const path = join(temporaryFolder(), "baseline.json");
    saveReport(path, PERF_REPORT);
    expect(readBaseline(path)).toEqual(PERF_REPORT);
  });

  test.each([
    ["is not there", undefined, "there is no such file"],
    ["is no JSON", "{", "JSON"],
    ["is no report", '{"format":1}', "not what --save writes"],
    ["is of another format", JSON.stringify({ ...PERF_REPORT, format: 2 }), "format"],
  ])("that %s is refused", (_, content, told) => {
    const path = join(temporaryFolder(), "baseline.json");
    if (content !== undefined) writeFileSync(path, content);
    const message = expect.stringContaining(told) as string;
    expect(() => readBaseline(path)).toThrow(expect.objectContaining({ code: "USAGE", message }) as CombotError);
  });

  test("of another load, model or machine is refused with what differs", () => {
    const { model, machine, load } = PERF_REPORT;
    expect(() =>
      refuseUnlike("b.json", PERF_REPORT, { model, machine: { ...machine, kernel: "newer" }, load }),
    ).not.toThrow();
    const other = { model: { name: "x", digest: "other" }, machine, load: { ...load, concurrency: 10 } };
    expect(() => refuseUnlike("b.json", PERF_REPORT, other)).toThrow(
      "concurrency 50 then, 10 now; model 3f9a01c2b7de then, other now",
    );
  });
});
