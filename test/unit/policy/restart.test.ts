import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRestart, lastFailureOf, reasonToHold, withFailure } from "../../../src/daemon/policy/restart.ts";
import type { BootFailures } from "../../../src/daemon/policy/restart.ts";
import type { BootFault } from "../../../src/lib/protocol/process.ts";

/** One try after the other, each of which failed at once. */
function failures(fault: BootFault, ...times: number[]): BootFailures {
  return times.reduce<BootFailures>(
    (before, atMs) => withFailure(before, { fault, bornAtMs: atMs, atMs: atMs + 0.5, detail: `died at ${atMs}` }),
    {},
  );
}

/** Of tries as soon as they are allowed: how long each waits for the one before it, in seconds. */
function waits(fault: BootFault, tries: number): number[] {
  let [found, atMs]: [BootFailures, number] = [{}, 0];
  return Array.from({ length: tries }, () => {
    found = withFailure(found, { fault, bornAtMs: atMs, atMs: atMs + 1, detail: "died" });
    const verdict = judgeRestart(found, atMs + 1);
    const untilMs = verdict.act === "wait" ? verdict.untilMs : atMs + 1;
    const waited = untilMs - (atMs + 1);
    expect(judgeRestart(found, untilMs)).toEqual({ act: "start" });
    atMs = untilMs;
    return waited / 1000;
  });
}

describe("starting workers again", () => {
  test("at once where none has failed", () => {
    expect(judgeRestart({}, 0)).toEqual({ act: "start" });
  });

  test("after 1, 2, 4 … 60 s, counted from the last failure, and then once a minute for ever", () => {
    const expected = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60];
    expect(waits("model", 12)).toEqual(expected);
    expect(waits("machine", 12)).toEqual(expected);
  });

  test("at once after the first kills from outside, and then as ever", () => {
    expect(waits("others", 14)).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test("always within a minute, whatever failed", () => {
    const failure = fc.record({
      fault: fc.constantFrom<BootFault>("model", "machine", "others"),
      atMs: fc.integer({ min: 0, max: 1e9 }),
    });
    fc.assert(
      fc.property(fc.array(failure, { minLength: 1, maxLength: 60 }), (found) => {
        const sorted = found.toSorted((a, b) => a.atMs - b.atMs);
        const all = sorted.reduce<BootFailures>(
          (before, { fault, atMs }) => withFailure(before, { fault, bornAtMs: atMs, atMs, detail: "died" }),
          {},
        );
        return judgeRestart(all, sorted.at(-1)!.atMs + 60_000).act === "start";
      }),
    );
  });

  test("workers that were started together are one try", () => {
    const [bornAtMs, detail] = [0, "spawn EAGAIN"];
    const four = [10, 11, 12, 13].reduce<BootFailures>(
      (before, atMs) => withFailure(before, { fault: "machine", bornAtMs, atMs, detail }),
      {},
    );
    expect(judgeRestart(four, 13)).toEqual({ act: "wait", untilMs: 1013 });
  });
});

describe("somebody should look", () => {
  test("from the fifth try in a row on, told how the last one ended", () => {
    expect(reasonToHold(failures("model", 0, 1, 2, 3))).toBeUndefined();
    expect(reasonToHold(failures("model", 0, 1, 2, 3, 4))).toBe(
      "5 tries in a row brought no worker that serves, the last one: died at 4",
    );
  });

  test("what the machine refused and what others killed is counted apart, and not laid at the model's door", () => {
    const mixed = withFailure(failures("machine", 0, 1, 2, 3), {
      fault: "model",
      bornAtMs: 4,
      atMs: 5,
      detail: "it died of SIGABRT",
    });
    expect(reasonToHold(mixed)).toBeUndefined();
    expect(lastFailureOf(mixed)).toMatchObject({ fault: "model", detail: "it died of SIGABRT" });
    expect(reasonToHold(failures("machine", 0, 1, 2, 3, 4))).toMatch(/the machine that refuses, not the model/);
    expect(reasonToHold(failures("others", 0, 1, 2, 3, 4, 5, 6, 7, 8))).toBeUndefined();
    expect(reasonToHold(failures("others", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9))).toMatch(/the model is not at fault/);
  });

  test("for as long as it lasts, however seldom the tries are", () => {
    const seldom = [0, 200_000, 400_000, 600_000, 800_000];
    expect(reasonToHold(failures("model", ...seldom))).toMatch(/^5 tries/);
  });
});
