import { describe, expect, test } from "vitest";
import { ASCII_GLYPHS, UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { renderPerf } from "../../../src/lib/render/perf.ts";
import { renderPerfMoment } from "../../../src/lib/render/perf-progress.ts";
import { BLIND_REPORT, PERF_REPORT } from "../../support/perf-report.ts";

describe("the report of a load test", () => {
  test("has every figure on 80 columns", () => {
    const text = renderPerf(PERF_REPORT, PLAIN, UNICODE_GLYPHS);
    expect(text).toMatchSnapshot();
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("says what could not be seen or measured", () => {
    expect(renderPerf(BLIND_REPORT, PLAIN, ASCII_GLYPHS)).toMatchSnapshot();
  });

  test("says beside the verdict how much of the CPU time the machine took away", () => {
    const text = (stolen: number | null): string => renderPerf({ ...PERF_REPORT, stolen }, PLAIN, ASCII_GLYPHS);
    expect(text(0.34)).toMatch(/The machine took\s+34% of the CPU time away \(steal\)/);
    for (const unfelt of [0.04, null]) expect(text(unfelt)).not.toContain("steal)");
  });

  test("gives no verdict where the generator was the bottleneck", () => {
    const generator = { ...PERF_REPORT.generator, bottleneck: "the load generator was busy for 97% of the time" };
    const text = renderPerf({ ...PERF_REPORT, generator, verdict: "generator" }, PLAIN, ASCII_GLYPHS);
    expect(text).toContain("No verdict: the load generator was busy for 97% of the time.");
  });
});

describe("the line of a load that runs", () => {
  const moment = {
    phase: "load",
    seconds: 12.2,
    ofSeconds: 30,
    answered: { computed: 100, memory: 300, redis: 100 },
    failed: 0,
    p50Ms: 4.2,
    p99Ms: 120,
    seen: { usage: 0.41, machineCpu: 0.8 },
  } as const;

  test("has the figures so far", () => {
    expect(renderPerfMoment(moment)).toBe(
      "load 12/30 s | 500 answers, 41/s | p50 4.20 p99 120 ms | hits 80% | memory 41% | cpu 80%",
    );
  });

  test("leaves out what is not there yet", () => {
    const answered = { computed: 0, memory: 0, redis: 0 };
    const bare = { ...moment, phase: "warm-up", ofSeconds: null, answered, failed: 2, seen: null } as const;
    expect(renderPerfMoment(bare)).toBe("warm-up 12 s | 2 failed");
  });
});
