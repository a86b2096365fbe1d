import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseRecycle, dueBy, nextLimit } from "../../../src/daemon/policy/recycle.ts";
import type { RecycleHistory } from "../../../src/daemon/policy/recycle.ts";
import type { WorkerView } from "../../../src/daemon/policy/worker-view.ts";

const NEVER: RecycleHistory = { last: null, unsettled: false };

const worker = (slot: number, over: Partial<WorkerView> = {}): WorkerView => ({
  slot,
  serving: true,
  idle: true,
  batches: 0,
  users: 0,
  requests: 0,
  uptimeMs: 0,
  maxUsers: 50,
  maxRequests: 1000,
  maxUptimeMs: 14_400_000,
  ...over,
});

describe("recycling what has served enough", () => {
  test.each([
    ["users", { users: 50 }, 50, 50],
    ["requests", { requests: 1010 }, 1010, 1000],
    ["uptime", { uptimeMs: 15_000_000 }, 15_000_000, 14_400_000],
  ] as const)("%s, with the count that was reached", (why, over, measured, threshold) => {
    const verdict = chooseRecycle([worker(0), worker(1, over)], NEVER, 0);
    expect(verdict).toEqual({ act: "recycle", slot: 1, why, measured, threshold });
  });

  test("nothing while none is due", () => {
    expect(chooseRecycle([worker(0, { users: 49 })], NEVER, 0)).toEqual({ act: "keep" });
    expect(chooseRecycle([], NEVER, 0)).toEqual({ act: "keep" });
  });

  test("the one furthest past its limits first, whichever limit that is", () => {
    const workers = [worker(0, { users: 55 }), worker(1, { requests: 1300 }), worker(2, { users: 60 })];
    expect(chooseRecycle(workers, NEVER, 0)).toMatchObject({ slot: 1, why: "requests" });
  });

  test("the only worker too, busy or not", () => {
    expect(chooseRecycle([worker(0, { users: 50, idle: false })], NEVER, 0)).toMatchObject({ act: "recycle" });
  });

  test("none while one is missing that is on its way, or could not boot", () => {
    expect(chooseRecycle([worker(0, { users: 500 })], { ...NEVER, unsettled: true }, 0)).toEqual({ act: "keep" });
  });

  test("none while another starts or drains", () => {
    const other = worker(1, { serving: false, idle: false });
    expect(chooseRecycle([worker(0, { users: 500 }), other], NEVER, 0)).toEqual({ act: "keep" });
  });
});

describe("what the last recycle cost", () => {
  test.each([
    [200, 2000],
    [30_000, 300_000],
  ])("a birth of %i ms puts the next one off by %i ms", (birthMs, restMs) => {
    const history = { ...NEVER, last: { endedAtMs: 1000, birthMs } };
    const workers = [worker(0, { users: 51 })];
    const found = { slot: 0, why: "users", measured: 51, threshold: 50 };
    expect(chooseRecycle(workers, history, 999 + restMs)).toEqual({ act: "put off", ...found, untilMs: 1000 + restMs });
    expect(chooseRecycle(workers, history, 1000 + restMs)).toEqual({ act: "recycle", ...found });
  });

  test("what is put off is not forgotten: its count goes on", () => {
    const history = { ...NEVER, last: { endedAtMs: 0, birthMs: 1000 } };
    expect(chooseRecycle([worker(0, { users: 80 })], history, 9999)).toMatchObject({ act: "put off", measured: 80 });
    expect(chooseRecycle([worker(0, { users: 81 })], history, 10_000)).toMatchObject({ act: "recycle", measured: 81 });
  });
});

/** A pool as far as recycling goes: workers come due by serving; a recycled one is away, or not, for its birth. */
class Pool {
  readonly #workers: WorkerView[];
  readonly #inTurn: boolean;
  #replacing: { slot: number; readyAtMs: number; birthMs: number } | undefined;
  history: RecycleHistory = NEVER;

  constructor(size: number, inTurn: boolean) {
    this.#workers = Array.from({ length: size }, (_, slot) => worker(slot));
    this.#inTurn = inTurn;
  }

  get views(): readonly WorkerView[] {
    return this.#workers;
  }

  get isReplacing(): boolean {
    return this.#replacing !== undefined;
  }

  serve(users: number, elapsedMs: number): void {
    for (const [slot, view] of this.#workers.entries()) {
      const served = view.serving ? users : 0;
      this.#workers[slot] = { ...view, users: view.users + served, uptimeMs: view.uptimeMs + elapsedMs };
    }
  }

  recycle(slot: number, nowMs: number, birthMs: number): void {
    this.#replacing = { slot, readyAtMs: nowMs + birthMs, birthMs };
    if (this.#inTurn) this.#workers[slot] = { ...this.#workers[slot]!, serving: false, idle: false };
  }

  settle(nowMs: number): void {
    if (!this.#replacing || nowMs < this.#replacing.readyAtMs) return;
    const { slot, birthMs, readyAtMs } = this.#replacing;
    this.#workers[slot] = worker(slot);
    this.history = { ...NEVER, last: { endedAtMs: readyAtMs, birthMs } };
    this.#replacing = undefined;
  }
}

describe("over a run, whatever is served and however long births take", () => {
  const anyRun = fc.record({
    size: fc.integer({ min: 1, max: 8 }),
    inTurn: fc.boolean(),
    steps: fc.array(
      fc.record({
        ms: fc.integer({ min: 100, max: 5000 }),
        users: fc.integer({ min: 0, max: 60 }),
        birthMs: fc.integer({ min: 50, max: 30_000 }),
      }),
      { minLength: 20, maxLength: 300 },
    ),
  });

  test("one at a time, never the last one that serves of several, and a tenth of the time at most", () => {
    fc.assert(
      fc.property(anyRun, ({ size, inTurn, steps }) => {
        const pool = new Pool(size, inTurn);
        let now = 0;
        let restingUntil = 0;
        for (const { ms, users, birthMs } of steps) {
          now += ms;
          pool.settle(now);
          pool.serve(users, ms);
          const verdict = chooseRecycle(pool.views, pool.history, now);
          // With replacement first the old one serves until the end: that one runs is for the caller to remember.
          if (verdict.act === "recycle" && (inTurn || !pool.isReplacing)) {
            expect(pool.isReplacing).toBe(false);
            expect(now).toBeGreaterThanOrEqual(restingUntil);
            expect(dueBy(pool.views[verdict.slot]!)).toBe(verdict.why);
            pool.recycle(verdict.slot, now, birthMs);
            restingUntil = now + birthMs + 10 * birthMs;
          }
          const serving = pool.views.filter((view) => view.serving).length;
          expect(serving).toBeGreaterThanOrEqual(inTurn ? size - 1 : size);
        }
      }),
    );
  });

  test("every verdict names the limit, what was reached and what it was held against", () => {
    const anyWorker = fc.record({
      users: fc.integer({ min: 0, max: 100 }),
      requests: fc.integer({ min: 0, max: 2000 }),
      uptimeMs: fc.integer({ min: 0, max: 20_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(anyWorker, { maxLength: 8 }), (overs) => {
        const verdict = chooseRecycle(
          overs.map((over, slot) => worker(slot, over)),
          NEVER,
          0,
        );
        if (verdict.act === "keep") return overs.every((over) => dueBy(worker(0, over)) === null);
        return verdict.why === dueBy(worker(0, overs[verdict.slot])) && verdict.measured >= verdict.threshold;
      }),
    );
  });
});

describe("the limit that comes next", () => {
  test("is the one that is reached first at the pace so far, not the one that is fullest", () => {
    const busy = worker(0, { users: 25, requests: 600, uptimeMs: 60_000 });
    expect(nextLimit(busy)).toEqual({ why: "requests", inMs: 40_000 });
  });

  test("is now for one that is due, and none where nothing counts or was counted", () => {
    expect(nextLimit(worker(0, { users: 60, uptimeMs: 1000 }))).toEqual({ why: "users", inMs: 0 });
    expect(nextLimit(worker(0, { maxUptimeMs: 0, uptimeMs: 1000 }))).toBeNull();
  });
});
