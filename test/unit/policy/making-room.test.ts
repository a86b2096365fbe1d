import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseRoom } from "../../../src/daemon/policy/making-room.ts";
import type { Resident, Wish } from "../../../src/daemon/policy/making-room.ts";

const MB = 1024 * 1024;

const resident = (name: string, over: Partial<Resident> = {}): Resident => ({
  name,
  workers: 1,
  surplus: 0,
  workerBytes: 100 * MB,
  sharedBytes: 0,
  pinned: false,
  busy: false,
  lastUsedAtMs: 0,
  loadedAtMs: 0,
  loadTookMs: 1000,
  ...over,
});

const wish = (over: Partial<Wish> = {}): Wish => ({
  neededBytes: 100 * MB,
  freeBytes: 0,
  passingBytes: 0,
  waitedMs: 0,
  deadlineMs: 30_000,
  atMs: 60_000,
  ...over,
});

describe("making room for a model", () => {
  test("nothing goes where it fits", () => {
    expect(chooseRoom(wish({ freeBytes: 100 * MB }), [resident("a")]).act).toBe("load");
  });

  test("surplus workers go before models, of the model that was used longest ago first", () => {
    const verdict = chooseRoom(wish(), [
      resident("new", { workers: 2, surplus: 1, lastUsedAtMs: 2 }),
      resident("old", { workers: 2, surplus: 1, lastUsedAtMs: 1 }),
    ]);
    expect(verdict).toMatchObject({ act: "make room", shrink: [{ name: "old", workers: 1 }], evict: [] });
  });

  test("of models the one that was used longest ago goes, and no more than is needed", () => {
    const verdict = chooseRoom(wish(), [
      resident("new", { lastUsedAtMs: 9 }),
      resident("old", { lastUsedAtMs: 1 }),
      resident("middle", { lastUsedAtMs: 5 }),
    ]);
    expect(verdict).toMatchObject({ act: "make room", shrink: [], evict: ["old"] });
  });

  test("neither a pinned one nor a busy one", () => {
    const verdict = chooseRoom(wish(), [
      resident("pinned", { pinned: true, lastUsedAtMs: 1 }),
      resident("busy", { busy: true, lastUsedAtMs: 2 }),
      resident("free", { lastUsedAtMs: 3 }),
    ]);
    expect(verdict).toMatchObject({ evict: ["free"] });
  });

  test("full of pins: the sum", () => {
    const pins = [resident("a", { pinned: true }), resident("b", { pinned: true, workerBytes: 200 * MB })];
    expect(chooseRoom(wish({ neededBytes: 610 * MB, freeBytes: 420 * MB }), pins)).toEqual({
      act: "refuse",
      detail: "needs 610 MiB; 420 MiB free; 300 MiB pinned",
    });
  });

  test("one that was just loaded stays ten times as long as its load took", () => {
    const young = resident("young", { loadedAtMs: 55_000 });
    expect(chooseRoom(wish(), [young])).toMatchObject({ act: "wait", untilMs: 65_000 });
    expect(chooseRoom(wish({ atMs: 65_000 }), [young])).toMatchObject({ act: "make room", evict: ["young"] });
  });

  test("half of a deadline is waited for a stay, and for a busy model, and no longer", () => {
    const young = resident("young", { loadedAtMs: 55_000, loadTookMs: 4000 });
    expect(chooseRoom(wish({ waitedMs: 14_000 }), [young])).toMatchObject({ act: "wait", untilMs: 61_000 });
    expect(chooseRoom(wish({ waitedMs: 15_000 }), [young])).toMatchObject({ evict: ["young"] });
    const busy = resident("busy", { busy: true });
    expect(chooseRoom(wish({ waitedMs: 14_999 }), [busy]).act).toBe("wait");
    expect(chooseRoom(wish({ waitedMs: 15_000 }), [busy])).toMatchObject({ evict: ["busy"] });
  });

  test("where those that may go are not enough, none goes in vain", () => {
    const verdict = chooseRoom(wish({ neededBytes: 200 * MB }), [resident("free"), resident("busy", { busy: true })]);
    expect(verdict.act).toBe("wait");
  });

  test("what a load of another one takes and gives back is waited for, and nothing goes for it", () => {
    const asked = { neededBytes: 100 * MB, freeBytes: 20 * MB, passingBytes: 80 * MB };
    expect(chooseRoom(wish(asked), [resident("free")])).toMatchObject({ act: "wait", untilMs: 60_200 });
    expect(chooseRoom(wish({ ...asked, waitedMs: 15_000 }), [resident("free")])).toMatchObject({ evict: ["free"] });
  });

  test("beside that, only what is missing for good goes", () => {
    const residents = [resident("old", { lastUsedAtMs: 1 }), resident("new", { lastUsedAtMs: 2 })];
    const asked = wish({ neededBytes: 150 * MB, passingBytes: 50 * MB });
    expect(chooseRoom(asked, residents)).toMatchObject({ act: "make room", evict: ["old"] });
  });

  test("nothing is refused for a load that will be over", () => {
    const pinned = [resident("pinned", { pinned: true })];
    expect(chooseRoom(wish({ freeBytes: -30 * MB, passingBytes: 130 * MB }), pinned).act).toBe("wait");
    expect(chooseRoom(wish({ freeBytes: -30 * MB, passingBytes: 129 * MB }), pinned).act).toBe("refuse");
  });

  const anyResident = fc.record({
    name: fc.uuid(),
    workers: fc.integer({ min: 1, max: 4 }),
    surplus: fc.integer({ min: 0, max: 3 }),
    workerBytes: fc.integer({ min: 1, max: 500 * MB }),
    sharedBytes: fc.integer({ min: 0, max: 500 * MB }),
    pinned: fc.boolean(),
    busy: fc.boolean(),
    lastUsedAtMs: fc.integer({ min: 0, max: 60_000 }),
    loadedAtMs: fc.integer({ min: 0, max: 60_000 }),
    loadTookMs: fc.integer({ min: 0, max: 10_000 }),
  });
  const anyResidents = fc
    .array(anyResident, { maxLength: 8 })
    .map((all) => all.map((one) => ({ ...one, surplus: Math.min(one.surplus, one.workers - 1) })));
  const anyWish = fc.record({
    neededBytes: fc.integer({ min: 1, max: 2000 * MB }),
    freeBytes: fc.integer({ min: -200 * MB, max: 1000 * MB }),
    passingBytes: fc.constant(0),
    waitedMs: fc.integer({ min: 0, max: 30_000 }),
    deadlineMs: fc.constant(30_000),
    atMs: fc.constant(60_000),
  });

  test("what it frees is enough, pinned models keep a worker, and waiting has an end", () => {
    fc.assert(
      fc.property(anyWish, anyResidents, (asked, residents) => {
        const verdict = chooseRoom(asked, residents);
        const of = (name: string): Resident => residents.find((one) => one.name === name)!;
        if (verdict.act === "wait") {
          expect(verdict.untilMs).toBeGreaterThan(asked.atMs);
          expect(verdict.untilMs).toBeLessThanOrEqual(asked.atMs + asked.deadlineMs / 2);
        }
        if (verdict.act !== "make room") return;
        const shrunk = verdict.shrink.reduce((sum, { name, workers }) => sum + workers * of(name).workerBytes, 0);
        const evicted = verdict.evict.map(of);
        const freed = evicted.reduce((sum, one) => sum + one.workers * one.workerBytes + one.sharedBytes, shrunk);
        expect(freed).toBeGreaterThanOrEqual(asked.neededBytes - asked.freeBytes);
        expect(evicted.some(({ pinned }) => pinned)).toBe(false);
        for (const { name, workers } of verdict.shrink) {
          expect(workers).toBeLessThan(of(name).workers);
          expect(verdict.evict).not.toContain(name);
        }
        const isOut = asked.waitedMs >= asked.deadlineMs / 2;
        if (!isOut) expect(evicted.every(({ busy }) => !busy)).toBe(true);
      }),
    );
  });

  test("a model that fits if all others but the pinned went is loaded within half of its deadline", () => {
    fc.assert(
      fc.property(anyWish, anyResidents, (asked, residents) => {
        const first = chooseRoom(asked, residents);
        const last = chooseRoom({ ...asked, waitedMs: asked.deadlineMs / 2 }, residents);
        expect(last.act).not.toBe("wait");
        if (first.act === "refuse") expect(last.act).toBe("refuse");
      }),
    );
  });
});
