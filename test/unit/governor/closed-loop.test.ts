import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "../../../src/lib/protocol/decisions.ts";
import { Governed } from "./support/governed.ts";
import type { MachineState } from "./support/scripted-meter.ts";

interface Stretch {
  readonly seconds: number;
  readonly state: MachineState;
}

/** Other programs and the workers grow and shrink as they like; what the governor does shows in the next reading. */
const anyStretch: fc.Arbitrary<Stretch> = fc.record({
  seconds: fc.integer({ min: 1, max: 90 }),
  state: fc.record({
    others: fc.oneof(
      fc.double({ min: 0.2, max: 1, noNaN: true }),
      fc.constantFrom(0.6, 0.65, 0.7, 0.72, 0.75, 0.8, 0.94),
    ),
    worker: fc.constantFrom(0.001, 0.01, 0.05, 0.1, 0.2),
    stalls: fc.integer({ min: 0, max: 60 }),
  }),
});
const anyRun = fc.record({
  workers: fc.integer({ min: 1, max: 6 }),
  stretches: fc.array(anyStretch, { minLength: 1, maxLength: 12 }),
});

interface Told {
  readonly second: number;
  /** An order to the pool or the cache, or what was decided. */
  readonly entry: string | Decision;
}

/** What was ordered and decided in which second, and the seconds after which none served that should have. */
async function run({ workers, stretches }: { workers: number; stretches: readonly Stretch[] }) {
  const governed = new Governed({ workers });
  const unserved: number[] = [];
  const story: Told[] = [];
  for (const { seconds, state } of stretches) {
    governed.meter.state = state;
    for (let passed = 0; passed < seconds; passed++) {
      const second = governed.clock.ms / 1000;
      await governed.pass(1);
      story.push(...governed.story.slice(story.length).map((entry) => ({ second, entry })));
      if (governed.workers.serving === 0 && !governed.governor.emptied) unserved.push(second);
    }
  }
  const secondsOf = (isMeant: (entry: string | Decision) => boolean): number[] =>
    story.filter(({ entry }) => isMeant(entry)).map(({ second }) => second);
  return { governed, unserved, secondsOf };
}

const isHeavy = (entry: string | Decision): boolean => typeof entry !== "string" && entry.action === "force cleanup";
const isIdleUnload = (entry: string | Decision): boolean => typeof entry !== "string" && entry.action === "unload idle";
const isRecycle = (entry: string | Decision): boolean => typeof entry === "string" && entry.includes("memory, in turn");

const atWork = { numRuns: 60 };

describe("the governor over a machine that feels what it does", () => {
  test("one worker serves, unless an emergency of our own making has unloaded all", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (given) => {
        const { governed, unserved } = await run(given);
        expect(unserved).toEqual([]);
        expect(governed.failures).toEqual([]);
      }),
      atWork,
    );
  });

  test("one heavy action and one idle worker unloaded a minute, emergency excepted; five recycles in ten minutes at most", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (given) => {
        const { secondsOf } = await run(given);
        for (const kind of [isHeavy, isIdleUnload]) {
          secondsOf(kind).reduce((before, second) => {
            expect(second - before).toBeGreaterThanOrEqual(60);
            return second;
          }, -Infinity);
        }
        const recycles = secondsOf(isRecycle);
        for (const second of recycles) {
          expect(recycles.filter((other) => other > second - 600 && other <= second).length).toBeLessThanOrEqual(5);
        }
      }),
      atWork,
    );
  });

  test("every decision names its reason, what was measured and what it was held against", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (given) => {
        const { governed } = await run(given);
        for (const { reason, measured, threshold } of governed.decisions.list({ limit: 1000 })) {
          expect(reason).not.toBe("");
          expect([measured, threshold]).toEqual([expect.any(Number), expect.any(Number)]);
        }
      }),
      atWork,
    );
  });

  test("where the machine stays as it is, it comes to rest: after ten minutes nothing more is decided", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, anyStretch, async ({ workers, stretches }, { state }) => {
        const quiet = { state, seconds: 20 * 60 };
        const { secondsOf } = await run({ workers, stretches: [...stretches, quiet] });
        const from = stretches.reduce((sum, { seconds }) => sum + seconds, 0);
        expect(secondsOf(() => true).filter((second) => second >= from + 10 * 60)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
