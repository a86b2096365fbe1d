import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decayed, mayRun, mayRunBeside, nextModel } from "../../../src/daemon/policy/cores.ts";
import type { Contender } from "../../../src/daemon/policy/cores.ts";

const contender = (over: Partial<Contender> = {}): Contender => ({
  waitedMs: 0,
  deadlineMs: 30_000,
  servedMs: 0,
  ...over,
});

describe("which model's batch is next", () => {
  test("that of the model that has had least, though another's text has waited longer", () => {
    expect(nextModel([contender({ waitedMs: 400, servedMs: 900 }), contender({ waitedMs: 5, servedMs: 20 })])).toBe(1);
  });

  test("of those that have had as much, the one that has waited longest in share of its deadline", () => {
    expect(nextModel([contender({ waitedMs: 400 }), contender({ waitedMs: 300, deadlineMs: 2000 })])).toBe(1);
  });

  test("from half of a deadline on, age alone", () => {
    const late = contender({ waitedMs: 15_000, servedMs: 5000 });
    expect(nextModel([contender({ waitedMs: 5 }), late])).toBe(1);
  });

  test("nobody where nobody contends", () => {
    expect(nextModel([])).toBeUndefined();
  });

  test("what was had two seconds ago counts half", () => {
    expect(decayed(800, 2000)).toBe(400);
    expect(decayed(800, 0)).toBe(800);
  });
});

describe("how many batches", () => {
  test("no more than may run", () => {
    expect([mayRun(1, 2), mayRun(2, 2)]).toEqual([true, false]);
  });

  test("one more of a model that has had less than a quarter of what another one has had", () => {
    expect([mayRunBeside(2, 2, 24, 100), mayRunBeside(2, 2, 25, 100)]).toEqual([true, false]);
    expect([mayRunBeside(2, 2, 0, 0), mayRunBeside(3, 2, 0, 100)]).toEqual([false, false]);
  });

  test("no core rests while a text waits that a worker could take", () => {
    const anyContender = fc.record({
      waitedMs: fc.nat(60_000),
      deadlineMs: fc.integer({ min: 1, max: 60_000 }),
      servedMs: fc.nat(60_000),
    });
    fc.assert(
      fc.property(fc.array(anyContender, { minLength: 1, maxLength: 64 }), fc.nat(8), (contenders, busy) => {
        expect(contenders[nextModel(contenders)!]).toBeDefined();
        expect(mayRun(busy, busy + 1)).toBe(true);
      }),
    );
  });
});

interface Line {
  readonly arrivals: number[];
  servedMs: number;
}

/** One core, by hand: batches of so many ms each, one model's text a batch. @returns the longest wait of each model. */
function serve(lines: Line[], batchMs: readonly number[], deadlineMs: number): { longest: number[] } {
  const longest = lines.map(() => 0);
  let now = 0;
  for (;;) {
    const open = lines.flatMap((line, at) => ((line.arrivals[0] ?? Infinity) <= now ? [at] : []));
    if (open.length === 0) {
      const next = Math.min(...lines.map(({ arrivals }) => arrivals[0] ?? Infinity));
      if (next === Infinity) return { longest };
      now = next;
      continue;
    }
    const contenders = open.map((at) => ({
      waitedMs: now - lines[at]!.arrivals[0]!,
      deadlineMs,
      servedMs: lines[at]!.servedMs,
    }));
    const at = open[nextModel(contenders)!]!;
    longest[at] = Math.max(longest[at]!, now - lines[at]!.arrivals.shift()!);
    const tookMs = batchMs[at]!;
    for (const [other, line] of lines.entries())
      line.servedMs = decayed(line.servedMs, tookMs) + (other === at ? tookMs : 0);
    now += tookMs;
  }
}

describe("over time", () => {
  const busy = (count: number): number[] => Array.from({ length: count }, () => 0);

  test("whoever asks once a second beside a model with a long line waits for one batch", () => {
    const seldom = Array.from({ length: 10 }, (_, at) => 1000 * at + 500);
    const { longest } = serve(
      [
        { arrivals: busy(400), servedMs: 0 },
        { arrivals: seldom, servedMs: 0 },
      ],
      [40, 8],
      30_000,
    );
    expect(longest[1]).toBeLessThanOrEqual(40);
  });

  test("no model starves", () => {
    const lines = fc.array(fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 1, maxLength: 40 }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(lines, fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 6, maxLength: 6 }), (arrivals, ms) => {
        const sorted = arrivals.map((line) => line.toSorted((a, b) => a - b));
        const { longest } = serve(
          sorted.map((line) => ({ arrivals: [...line], servedMs: 0 })),
          ms,
          2000,
        );
        const work = sorted.reduce((sum, line, at) => sum + line.length * ms[at]!, 0);
        // All that there is to do is the longest that anybody can wait where the core rests for nobody's sake.
        expect(Math.max(...longest)).toBeLessThanOrEqual(work);
      }),
    );
  });
});
