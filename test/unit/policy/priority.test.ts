import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { givingWay, isAged, nextPriority } from "../../../src/daemon/policy/priority.ts";
import type { Priority } from "../../../src/lib/priorities.ts";

const DEADLINE_MS = 30_000;
/** Of which a batch text ages after a quarter. */
const AGED_MS = 7500;

const standing = { interactive: 0, batch: 0, batchWaitedMs: 0, passedOver: 0 };
const next = (over: Partial<typeof standing>): Priority | undefined =>
  nextPriority({ ...standing, ...over }, DEADLINE_MS);

describe("whose texts a worker gets", () => {
  test("those of batch calls only where no others wait, until they have aged and were passed over seven times", () => {
    expect(next({ batch: 1 })).toBe("batch");
    expect(next({ interactive: 1, batch: 9, batchWaitedMs: AGED_MS - 1, passedOver: 99 })).toBe("interactive");
    expect(next({ interactive: 1, batch: 9, batchWaitedMs: AGED_MS, passedOver: 6 })).toBe("interactive");
    expect(next({ interactive: 1, batch: 9, batchWaitedMs: AGED_MS, passedOver: 7 })).toBe("batch");
    expect(isAged({ batch: 0, batchWaitedMs: AGED_MS }, DEADLINE_MS)).toBe(false);
  });

  const count = fc.nat({ max: 5 });
  const anyStanding = fc.record({
    interactive: count,
    batch: count,
    batchWaitedMs: fc.nat(60_000),
    passedOver: fc.nat(20),
  });

  test("no worker stands idle while anything waits, and gets nothing that does not", () => {
    fc.assert(
      fc.property(anyStanding, (given) => {
        const chosen = nextPriority(given, DEADLINE_MS);
        if (chosen === undefined) expect([given.interactive, given.batch]).toEqual([0, 0]);
        else expect(given[chosen]).toBeGreaterThan(0);
      }),
    );
  });

  test("without batch texts nothing is another than it was", () => {
    fc.assert(
      fc.property(anyStanding, (given) => {
        const alone = nextPriority({ ...given, batch: 0, batchWaitedMs: 0 }, DEADLINE_MS);
        expect(alone).toBe(given.interactive > 0 ? "interactive" : undefined);
      }),
    );
  });

  test("whatever comes, no batch text starves, and those that wait have seven of eight", () => {
    /** Texts that come before each of the worker's turns. */
    const arrivals = fc.array(fc.record({ interactive: fc.nat({ max: 3 }), batch: fc.nat({ max: 2 }) }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 5000 }), (coming, turnMs) => {
        let [interactive, passedOver, atMs] = [0, 0, 0];
        let batch: number[] = [];
        const taken: Priority[] = [];
        const waits: number[] = [];
        for (const more of coming) {
          atMs += turnMs;
          interactive += more.interactive;
          batch.push(...Array<number>(more.batch).fill(atMs));
          const batchWaitedMs = batch.length > 0 ? atMs - batch[0]! : 0;
          const chosen = nextPriority({ interactive, batch: batch.length, batchWaitedMs, passedOver }, DEADLINE_MS);
          // A turn in which nothing waits passes nobody over.
          if (chosen === "interactive") [interactive, passedOver] = [interactive - 1, passedOver + 1];
          if (chosen === "batch") {
            passedOver = 0;
            // Before it has aged it is in nobody's way.
            if (batchWaitedMs < AGED_MS) expect(interactive).toBe(0);
            else if (interactive > 0)
              expect(taken.slice(-7)).toEqual(Array<Priority>(Math.min(7, taken.length)).fill("interactive"));
            waits.push(batchWaitedMs);
            batch = batch.slice(1);
          }
          if (chosen) taken.push(chosen);
          // One worker, one text a turn: the first of n waits for its age and eight turns for each before it.
          if (batch.length > 0) expect(atMs - batch[0]!).toBeLessThanOrEqual(AGED_MS + 8 * turnMs * (waits.length + 2));
        }
      }),
    );
  });

  test("one that is first in its line waits for its age and eight turns at most, under any load", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer({ min: 1, max: 5000 }), (before, turnMs) => {
        let [passedOver, waitedMs, turns] = [before, 0, 0];
        while (
          nextPriority({ interactive: 1000, batch: 1, batchWaitedMs: waitedMs, passedOver }, DEADLINE_MS) !== "batch"
        ) {
          waitedMs += turnMs;
          passedOver += 1;
          expect(++turns).toBeLessThanOrEqual(Math.ceil(AGED_MS / turnMs) + 8);
        }
      }),
    );
  });
});

describe("who leaves a full queue", () => {
  const call = (places: number, repeated = 0) => ({ places, repeated });

  test("the newest first, no more than have to, and nobody where all would not be enough", () => {
    const [a, b, c] = [call(2), call(3), call(2)];
    expect(givingWay([a, b, c], call(1))).toEqual([c]);
    expect(givingWay([a, b, c], call(4))).toEqual([c, b]);
    expect(givingWay([a, b, c], call(8))).toEqual([]);
  });

  test("only those that make the room that is wanted", () => {
    const [texts, hypotheses] = [call(5, 0), call(1, 300)];
    expect(givingWay([hypotheses, texts], call(0, 200))).toEqual([hypotheses]);
    expect(givingWay([texts, hypotheses], call(2, 0))).toEqual([hypotheses, texts]);
  });

  test("makes the room, always, where it can be made", () => {
    const waiting = fc.array(fc.record({ places: fc.nat(5), repeated: fc.nat(50) }), { maxLength: 12 });
    const sum = (calls: readonly { places: number; repeated: number }[], of: "places" | "repeated") =>
      calls.reduce((total, one) => total + one[of], 0);
    fc.assert(
      fc.property(
        waiting,
        fc.record({ places: fc.integer({ min: -5, max: 20 }), repeated: fc.integer({ min: -5, max: 200 }) }),
        (all, needed) => {
          const leaving = givingWay(all, needed);
          const canBe = sum(all, "places") >= needed.places && sum(all, "repeated") >= needed.repeated;
          const isMade = sum(leaving, "places") >= needed.places && sum(leaving, "repeated") >= needed.repeated;
          expect(isMade).toBe(canBe);
          if (!canBe) expect(leaving).toEqual([]);
        },
      ),
    );
  });
});
