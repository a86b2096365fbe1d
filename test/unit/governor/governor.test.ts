import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Governed } from "./support/governed.ts";

const MINUTE_S = 60;

/** Holds what the workers do until it is told to go on. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passing: async () => promise, open: resolve };
}

describe("the ladder", () => {
  test("at rest nothing is recorded, and nothing ordered", async () => {
    const governed = new Governed();
    await governed.pass(10);
    expect(governed.story).toEqual([]);
    expect(governed.governor).toMatchObject({ level: "normal", held: false, emptied: false });
  });

  test("a level passed over has its light action done all the same", async () => {
    const governed = new Governed();
    governed.meter.state = { others: 0.72, worker: 0.1 };
    await governed.pass(3);
    expect(governed.governor.level).toBe("critical");
    expect(governed.orders).toContain("halve the cache");
  });

  test("a level that stalls led to is told with them", async () => {
    const governed = new Governed();
    for (const stalls of [25, 25, 35]) {
      governed.meter.state = { others: 0, worker: 0.1, usage: 0.82, stalls };
      await governed.pass(1);
    }
    expect(governed.decisions.list({})[0]).toMatchObject({
      action: "level",
      reason: "high",
      measured: 0.82,
      threshold: 0.85,
      detail: "rising stalls: some avg10 = 35",
    });
  });

  test("a process that serves nobody goes before one that serves", async () => {
    const governed = new Governed();
    governed.workers.hasSpare = true;
    governed.meter.state = { others: 0.66, worker: 0.1 };
    await governed.pass(8);
    expect(governed.orders).toEqual(["halve the cache", "unload what serves nobody", "unload 0"]);
    expect(governed.acts.map(({ action, reason }) => [action, reason])).toEqual([
      ["evict shadow", "high"],
      ["unload idle", "high"],
    ]);
  });

  test("an emergency does not wait for the action that is running", async () => {
    const governed = new Governed();
    const births = gate();
    governed.workers.birth = births.passing;
    governed.meter.state = { others: 0.72, worker: 0.1 };
    for (let second = 0; second < 4; second++) await governed.tick();
    expect(governed.orders.at(-1)).toBe("recycle 0: memory, in turn");
    governed.meter.state = { others: 0.85, worker: 0.1 };
    await governed.tick();
    // All that can be done before the birth ends.
    await setImmediate();
    expect(governed.workers.serving).toBe(0);
    expect(governed.governor.refusal(1)).toContain("left below 90%");
    births.open();
    await governed.governor.stop();
    expect(governed.orders).toContain("unload every worker");
    expect(governed.workers.serving).toBe(0);
    expect(governed.governor.emptied).toBe(true);
    await governed.pass(2);
    expect(governed.acts.map(({ action }) => action).toSorted()).toEqual(["force cleanup", "unload all"]);
    expect(governed.orders).not.toContain("recycle 1: memory, in turn");
  });

  test("everything else does", async () => {
    const governed = new Governed();
    const births = gate();
    governed.workers.birth = births.passing;
    governed.meter.state = { others: 0.72, worker: 0.1 };
    for (let second = 0; second < 2 * MINUTE_S; second++) await governed.tick();
    expect(governed.orders.filter((order) => order.startsWith("recycle"))).toEqual(["recycle 0: memory, in turn"]);
    births.open();
    await governed.governor.stop();
    expect(governed.acts).toHaveLength(1);
  });
});

describe("on hold", () => {
  /** Critical, and five recycles that were of no use. */
  async function held(): Promise<Governed> {
    const governed = new Governed();
    governed.meter.state = { others: 0.72, worker: 0.1 };
    await governed.pass(5 * MINUTE_S);
    expect(governed.acts.at(-1)).toMatchObject({ action: "hold", freedBytes: null });
    expect(governed.governor.held).toBe(true);
    return governed;
  }

  test("nothing more is done for as long as the level lasts", async () => {
    const governed = await held();
    const told = governed.story.length;
    await governed.pass(60 * MINUTE_S);
    expect(governed.story).toHaveLength(told);
    expect(governed.workers.serving).toBe(2);
  });

  test("an emergency is another level: what is ours is unloaded", async () => {
    const governed = await held();
    governed.meter.state = { others: 0.78, worker: 0.1 };
    await governed.pass(1);
    expect(governed.acts.at(-1)).toMatchObject({ action: "unload all", reason: "emergency" });
    expect(governed.governor.held).toBe(false);
  });

  test("back at critical within the ten minutes it holds again, without another recycle", async () => {
    const governed = await held();
    governed.meter.state = { others: 0.5, worker: 0.1 };
    await governed.pass(10);
    expect(governed.governor.held).toBe(false);
    governed.meter.state = { others: 0.72, worker: 0.1 };
    await governed.pass(MINUTE_S);
    expect(governed.acts.slice(-2).map(({ action }) => action)).toEqual(["hold", "hold"]);
  });
});

test("a worker that was not started for want of room is when there is some", async () => {
  const governed = new Governed();
  governed.workers.birth = async () => Promise.reject(new Error("exit 3"));
  governed.meter.state = { others: 0.72, worker: 0.1 };
  await governed.pass(3);
  expect(governed.workers.serving).toBe(1);
  governed.meter.state = { others: 0.81, worker: 0.1 };
  await governed.pass(3);
  expect(governed.workers.serving).toBe(1);
  governed.meter.state = { others: 0.5, worker: 0.1 };
  await governed.pass(1);
  expect(governed.workers.serving).toBe(2);
});

test("pressure that is not ours: one worker goes on, one decision tells it, and nothing more for as long as it lasts", async () => {
  const governed = new Governed({ workers: 4 });
  governed.meter.state = { others: 0.97, worker: 0.005 };
  await governed.pass(60 * MINUTE_S);
  expect(governed.acts).toMatchObject([{ action: "keep one", reason: "pressure not ours" }]);
  expect(governed.workers.serving).toBe(1);
});

describe("idle workers", () => {
  test("are unloaded each by itself", async () => {
    const governed = new Governed({ idleUnloadMs: 300_000 });
    governed.workers.set(0, { quietMs: 299_999 });
    governed.workers.set(1, { quietMs: 300_000 });
    await governed.pass(1);
    expect(governed.orders).toEqual(["unload 1"]);
  });

  test.each([-1, 0])("never by the governor with %i", async (idleUnloadMs) => {
    const governed = new Governed({ idleUnloadMs });
    governed.workers.set(0, { quietMs: 1e9 });
    await governed.pass(3);
    expect(governed.story).toEqual([]);
  });
});

describe("workers that have served enough", () => {
  test("are replaced first with room, in turn without", async () => {
    const governed = new Governed();
    governed.workers.set(0, { users: 50 });
    await governed.pass(1);
    governed.meter.state = { others: 0.62, worker: 0.1 };
    governed.workers.set(1, { users: 50 });
    await governed.pass(3);
    expect(governed.orders).toEqual(["recycle 0: users, replacement first", "recycle 1: users, in turn"]);
    expect(governed.workers.fewest).toBe(1);
  });

  test("wait ten times what the last birth took, and that is told once", async () => {
    const governed = new Governed();
    governed.workers.birthMs = 3000;
    for (const slot of [0, 1]) governed.workers.set(slot, { users: 50 + slot });
    await governed.pass(30);
    expect(governed.acts.map(({ action, slot }) => `${action} ${slot}`)).toEqual(["recycle 1", "put off 0"]);
    await governed.pass(1);
    expect(governed.acts.at(-1)).toMatchObject({ action: "recycle", slot: 0 });
    governed.workers.set(0, { users: 50 });
    await governed.pass(1);
    expect(governed.acts.at(-1)).toMatchObject({ action: "put off", slot: 0 });
  });

  test("are left alone at critical", async () => {
    const governed = new Governed();
    governed.meter.state = { others: 0.72, worker: 0.1 };
    await governed.pass(3);
    governed.workers.set(0, { users: 70 });
    await governed.pass(30);
    expect(governed.acts.map(({ action }) => action)).toEqual(["force cleanup"]);
  });

  test("a try that failed is paid for too: ten times what it took", async () => {
    const governed = new Governed();
    governed.workers.set(0, { users: 50 });
    governed.workers.birth = async () => {
      governed.clock.ms += 2000;
      throw new Error("exit 3");
    };
    await governed.pass(20);
    expect(governed.orders).toEqual(["recycle 0: users, replacement first"]);
    expect(governed.failures).toMatchObject([
      { message: "an action failed: the replacement did not come to serve: exit 3" },
    ]);
    await governed.pass(2);
    expect(governed.orders).toHaveLength(2);
    expect(governed.workers.serving).toBe(2);
  });
});

describe("a reading that fails", () => {
  test("is told, changes nothing, and the next one counts", async () => {
    const governed = new Governed();
    governed.meter.state = { others: 0.97, worker: 0.005 };
    governed.meter.failure = new Error("/proc/meminfo doesn't say how much memory there is");
    await governed.pass(2);
    expect([governed.story, governed.governor.level]).toEqual([[], "normal"]);
    // Once for each reason, and not each second.
    expect(governed.failures).toHaveLength(1);
    expect(governed.governor.unmeasured).toBe("/proc/meminfo doesn't say how much memory there is");
    governed.meter.failure = undefined;
    await governed.pass(1);
    expect([governed.governor.level, governed.governor.unmeasured]).toEqual(["emergency", undefined]);
  });

  test("steps don't overlap: one that comes while another reads is left out", async () => {
    const governed = new Governed();
    await Promise.all([governed.governor.tick(), governed.governor.tick()]);
    expect(governed.meter.readings).toBe(1);
    await governed.governor.tick();
    expect(governed.meter.readings).toBe(2);
  });
});
