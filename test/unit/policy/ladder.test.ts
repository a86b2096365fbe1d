import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MEMORY_LEVELS } from "../../../src/lib/protocol/memory-levels.ts";
import { chooseForMemory, isOurs } from "../../../src/daemon/policy/ladder.ts";
import type { LadderHistory, LadderVerdict, LadderView, LadderWorker } from "../../../src/daemon/policy/ladder.ts";
import { anyThresholds, THRESHOLDS } from "./thresholds.ts";

const MINUTE_MS = 60_000;
const NEW: LadderHistory = { lastHeavyAtMs: null, lastUnloadAtMs: null, recycledAtMs: [], held: false, emptied: false };

const worker = (slot: number, over: Partial<LadderWorker> = {}): LadderWorker => ({
  slot,
  serving: true,
  idle: true,
  ...over,
});

/** A machine of 1000 bytes with two idle workers, 300 of its bytes theirs. */
function view({
  history,
  ...over
}: Partial<Omit<LadderView, "history">> & { history?: Partial<LadderHistory> }): LadderView {
  const usage = over.usage ?? 0.91;
  return {
    atMs: 100 * MINUTE_MS,
    level: "critical",
    falling: false,
    usage,
    usedBytes: usage * 1000,
    limitBytes: 1000,
    freeableBytes: 300,
    workerBytes: 150,
    workers: [worker(0), worker(1)],
    thresholds: THRESHOLDS,
    ...over,
    history: { ...NEW, ...history },
  };
}

const minutesAgo = (...minutes: number[]): number[] => minutes.map((ago) => (100 - ago) * MINUTE_MS);

describe("below high", () => {
  test.each(["normal", "warning"] as const)("nothing is done at %s", (level) => {
    expect(chooseForMemory(view({ level, usage: 0.84 }))).toBeUndefined();
  });
});

describe("at high", () => {
  const high = { level: "high", usage: 0.86 } as const;

  test("an idle worker is unloaded", () => {
    expect(chooseForMemory(view({ ...high, workers: [worker(0, { idle: false }), worker(1)] }))).toEqual({
      act: "unload idle",
      slot: 1,
      reason: "high",
      measured: 0.86,
      threshold: 0.85,
    });
  });

  test.each([
    ["all are busy", [worker(0, { idle: false }), worker(1, { idle: false })]],
    ["it is the only one that serves", [worker(0), worker(1, { serving: false, idle: false })]],
    ["there are none", []],
  ])("none where %s", (_, workers) => {
    expect(chooseForMemory(view({ ...high, workers }))).toBeUndefined();
  });
});

describe("at critical", () => {
  test("those that serve are recycled", () => {
    const workers = [worker(0), worker(1, { serving: false, idle: false }), worker(2, { idle: false })];
    expect(chooseForMemory(view({ workers }))).toEqual({
      act: "force cleanup",
      slots: [0, 2],
      reason: "critical",
      measured: 0.91,
      threshold: 0.9,
    });
  });

  test("no more of them than make five in ten minutes", () => {
    const workers = Array.from({ length: 16 }, (_, slot) => worker(slot));
    expect(chooseForMemory(view({ workers }))).toMatchObject({ slots: [0, 1, 2, 3, 4] });
    const history = { recycledAtMs: minutesAgo(11, 10, 9.9, 9, 8) };
    expect(chooseForMemory(view({ workers, history }))).toMatchObject({ slots: [0, 1] });
  });

  test("after five in ten minutes it holds, and says so", () => {
    const verdict = chooseForMemory(view({ history: { recycledAtMs: minutesAgo(9, 8, 7, 6, 5) } }));
    expect(verdict).toEqual({
      act: "hold",
      reason: "memory is critical after 5 recycles in 10 minutes",
      measured: 0.91,
      threshold: 0.9,
    });
  });

  test("where all that could be freed would not leave the level, all but one worker end", () => {
    const verdict = chooseForMemory(view({ freeableBytes: 60, workers: [worker(0), worker(1, { idle: false })] }));
    expect(verdict).toMatchObject({ act: "keep one", slots: [0], reason: "pressure not ours" });
  });
});

describe("one heavy action a minute", () => {
  test.each(["high", "critical"] as const)("at %s the next one waits", (level) => {
    const rested = (ms: number) => view({ level, history: { lastHeavyAtMs: 100 * MINUTE_MS - ms } });
    expect(chooseForMemory(rested(59_999))).toBeUndefined();
    expect(chooseForMemory(rested(60_000))).toBeDefined();
  });

  test("an idle worker that was unloaded keeps the next idle one waiting, and no cleanup", () => {
    const history = { lastUnloadAtMs: 100 * MINUTE_MS - 59_999 };
    expect(chooseForMemory(view({ level: "high", usage: 0.86, history }))).toBeUndefined();
    expect(chooseForMemory(view({ history }))).toMatchObject({ act: "force cleanup" });
  });

  test("emergency does not", () => {
    const history = { lastHeavyAtMs: 100 * MINUTE_MS - 1 };
    expect(chooseForMemory(view({ level: "emergency", usage: 0.96, history }))).toMatchObject({ act: "unload all" });
  });
});

describe("on the way down", () => {
  test.each([
    ["high", 0.84, 0.85],
    ["critical", 0.89, 0.9],
  ] as const)("at %s nothing is done at %d, and again at %d", (level, below, at) => {
    expect(chooseForMemory(view({ level, usage: below, falling: true }))).toBeUndefined();
    expect(chooseForMemory(view({ level, usage: below }))).toBeDefined();
    expect(chooseForMemory(view({ level, usage: at, falling: true }))).toBeDefined();
  });
});

describe("at emergency", () => {
  const emergency = { level: "emergency", usage: 0.96 } as const;

  test("every worker is unloaded where that leaves the level", () => {
    const verdict = chooseForMemory(view(emergency));
    expect(verdict).toEqual({ act: "unload all", reason: "emergency", measured: 0.96, threshold: 0.95 });
  });

  test("where it does not, one is kept: the one at work, else one that serves, else one on its way", () => {
    const foreign = { ...emergency, freeableBytes: 50 };
    const kept = (workers: LadderWorker[]) => {
      const verdict = chooseForMemory(view({ ...foreign, workers }));
      return verdict?.act === "keep one" ? workers.filter(({ slot }) => !verdict.slots.includes(slot)) : [];
    };
    const starting = worker(0, { serving: false, idle: false });
    expect(kept([starting, worker(1), worker(2, { idle: false })])).toMatchObject([{ slot: 2 }]);
    expect(kept([starting, worker(1)])).toMatchObject([{ slot: 1 }]);
    expect(kept([starting, { ...starting, slot: 1 }])).toHaveLength(1);
  });

  test("nothing more while held", () => {
    expect(chooseForMemory(view({ ...emergency, history: { held: true } }))).toBeUndefined();
    expect(chooseForMemory(view({ ...emergency, freeableBytes: 0, history: { held: true } }))).toBeUndefined();
  });
});

describe("coming back", () => {
  const history = { emptied: true };

  test("one worker, below high and where it fits", () => {
    const verdict = chooseForMemory(view({ level: "warning", usage: 0.74, workers: [], history }));
    expect(verdict).toEqual({ act: "restore", reason: "memory is back", measured: 0.74, threshold: 0.85 });
  });

  test.each([
    ["at high", { usage: 0.85, workerBytes: 0 }],
    ["below it, where the worker would lead to critical", { usage: 0.8, workerBytes: 100 }],
  ])("not %s", (_, over) => {
    expect(chooseForMemory(view({ level: "warning", workers: [], history, ...over }))).toBeUndefined();
  });

  test("nothing else is done meanwhile", () => {
    for (const level of MEMORY_LEVELS) expect(chooseForMemory(view({ level, usage: 0.97, history }))).toBeUndefined();
  });
});

test("the pressure is ours where all that could be freed would leave the level, not where it would only reach the border", () => {
  const at = (level: LadderView["level"], freeableBytes: number): boolean =>
    isOurs(view({ level, usage: 1, freeableBytes }));
  expect([at("high", 200), at("high", 201)]).toEqual([false, true]);
  expect([at("critical", 150), at("critical", 151)]).toEqual([false, true]);
  expect([at("emergency", 100), at("emergency", 101)]).toEqual([false, true]);
});

describe("whatever the view", () => {
  const anyWorkers = fc
    .array(fc.constantFrom("starting", "busy", "idle"), { maxLength: 16 })
    .map((states) => states.map((s, slot) => ({ slot, serving: s !== "starting", idle: s === "idle" })));
  const anyView: fc.Arbitrary<LadderView> = fc
    .record({
      level: fc.constantFrom(...MEMORY_LEVELS),
      falling: fc.boolean(),
      usage: fc.double({ min: 0, max: 1.3, noNaN: true }),
      freeableBytes: fc.integer({ min: 0, max: 1000 }),
      workerBytes: fc.integer({ min: 1, max: 500 }),
      workers: anyWorkers,
      thresholds: anyThresholds,
      history: fc.record({
        lastHeavyAtMs: fc.option(fc.integer({ min: 0, max: 100 * MINUTE_MS })),
        lastUnloadAtMs: fc.option(fc.integer({ min: 0, max: 100 * MINUTE_MS })),
        recycledAtMs: fc
          .array(fc.integer({ min: 80 * MINUTE_MS, max: 100 * MINUTE_MS }), { maxLength: 20 })
          .map((times) => times.toSorted((a, b) => a - b)),
        held: fc.boolean(),
        emptied: fc.boolean(),
      }),
    })
    .map((parts) => ({ ...parts, atMs: 100 * MINUTE_MS, usedBytes: parts.usage * 1000, limitBytes: 1000 }));

  /** Slots without a worker once the verdict is performed; recycling gives back what it takes. */
  function endedBy(verdict: LadderVerdict | undefined, { workers }: LadderView): readonly number[] {
    if (verdict?.act === "unload idle") return [verdict.slot];
    if (verdict?.act === "keep one") return verdict.slots;
    return verdict?.act === "unload all" ? workers.map(({ slot }) => slot) : [];
  }

  test("one that serves goes on serving, unless it is an emergency of our own making", () => {
    fc.assert(
      fc.property(anyView, (seen) => {
        const verdict = chooseForMemory(seen);
        const ended = endedBy(verdict, seen);
        const left = seen.workers.filter(({ slot, serving }) => serving && !ended.includes(slot));
        if (verdict?.act === "unload all") expect([seen.level, isOurs(seen)]).toEqual(["emergency", true]);
        else expect(left.length).toBeGreaterThanOrEqual(Math.min(1, seen.workers.filter((w) => w.serving).length));
      }),
    );
  });

  test("a verdict names its reason, the reading and a threshold it was held against", () => {
    fc.assert(
      fc.property(anyView, (seen) => {
        const verdict = chooseForMemory(seen);
        if (!verdict) return;
        expect(verdict.reason).not.toBe("");
        expect(verdict.measured).toBe(seen.usage);
        expect(Object.values(seen.thresholds)).toContain(verdict.threshold);
      }),
    );
  });

  test("never more than five recycles in ten minutes, each slot once, and only of those that serve", () => {
    fc.assert(
      fc.property(anyView, (seen) => {
        const verdict = chooseForMemory(seen);
        if (verdict?.act !== "force cleanup") return;
        const recent = seen.history.recycledAtMs.filter((at) => seen.atMs - at < 10 * MINUTE_MS);
        expect(recent.length + verdict.slots.length).toBeLessThanOrEqual(5);
        expect(new Set(verdict.slots).size).toBe(verdict.slots.length);
        for (const slot of verdict.slots) expect(seen.workers[slot]?.serving).toBe(true);
      }),
    );
  });

  test("held, or emptied and not below high, nothing is done", () => {
    fc.assert(
      fc.property(anyView, (seen) => {
        const { held, emptied } = seen.history;
        const verdict = chooseForMemory(seen);
        if (emptied) expect(verdict?.act ?? "restore").toBe("restore");
        else if (held) expect(verdict).toBeUndefined();
        if (verdict?.act === "restore") expect(seen.usage).toBeLessThan(seen.thresholds.high);
      }),
    );
  });
});

describe("a process that serves nobody", () => {
  test.each(["warning", "high", "critical"] as const)("goes first at %s", (level) => {
    const seen = view({ level, usage: 0.91, spare: true, history: { held: true } });
    expect(chooseForMemory(seen)).toMatchObject({ act: "evict shadow", reason: level });
  });

  test("goes before others where the emergency is not ours, and with all where it is", () => {
    const emergency = { level: "emergency", usage: 0.97, spare: true } as const;
    expect(chooseForMemory(view({ ...emergency, freeableBytes: 10 }))).toMatchObject({ act: "evict shadow" });
    expect(chooseForMemory(view({ ...emergency, freeableBytes: 300 }))).toMatchObject({ act: "unload all" });
  });

  test("stays at normal", () => {
    expect(chooseForMemory(view({ level: "normal", usage: 0.5, spare: true }))).toBeUndefined();
  });
});
