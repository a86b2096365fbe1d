import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRestart } from "../../../src/daemon/policy/restart.ts";

const failures = (...times: number[]) => times.map((atMs) => ({ atMs, detail: `died at ${atMs}` }));

describe("starting workers again", () => {
  test("at once where none has failed", () => {
    expect(judgeRestart([], 0)).toEqual({ act: "start" });
  });

  test("after 1, 2, 4 and 8 s, counted from the last failure", () => {
    expect(judgeRestart(failures(0), 999)).toEqual({ act: "wait", untilMs: 1000 });
    expect(judgeRestart(failures(0), 1000)).toEqual({ act: "start" });
    expect(judgeRestart(failures(0, 1000), 1000)).toEqual({ act: "wait", untilMs: 3000 });
    expect(judgeRestart(failures(0, 1000, 3000), 3000)).toEqual({ act: "wait", untilMs: 7000 });
    expect(judgeRestart(failures(0, 1000, 3000, 7000), 7000)).toEqual({ act: "wait", untilMs: 15_000 });
  });

  test("the fifth within ten minutes holds, and says how the last one ended", () => {
    const verdict = judgeRestart(failures(0, 1, 2, 3, 4), 10);
    expect(verdict).toEqual({ act: "hold", reason: "5 workers ended before they served, the last one: died at 4" });
  });

  test("five over more than ten minutes don't hold", () => {
    expect(judgeRestart(failures(0, 1, 2, 3, 700_000), 700_001).act).toBe("wait");
  });

  test("never waits longer than a minute", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 40 }), (times) => {
        const sorted = times.toSorted((a, b) => a - b);
        const verdict = judgeRestart(failures(...sorted), sorted.at(-1)!);
        return verdict.act === "hold" || (verdict.act === "wait" && verdict.untilMs - sorted.at(-1)! <= 60_000);
      }),
    );
  });
});
