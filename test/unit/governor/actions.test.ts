import { describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { GIB } from "../../../src/lib/units.ts";
import { decision as schema } from "../../../src/lib/protocol/decisions.ts";
import { Governed } from "./support/governed.ts";

const WHY = { act: "unload idle", reason: "high", measured: 0.86, threshold: 0.85 };
const CLEANUP = { act: "force cleanup", reason: "critical", measured: 0.91, threshold: 0.9 };
/** 0.1 of 8 GiB, as the meter rounds it. */
const WORKER_BYTES = Math.round(0.1 * 8 * GIB);

function setUp(workers = 2) {
  const governed = new Governed({ workers });
  return { governed, actions: governed.governor.actions };
}

describe("what an action gave back", () => {
  test("is anonymous memory before less after: mapped pages are no part of it", async () => {
    const { governed, actions } = setUp();
    await actions.unload(WHY, [0]);
    expect(governed.acts).toMatchObject([{ action: "unload idle", freedBytes: WORKER_BYTES, measured: 0.86 }]);
  });

  test("is told where it came to less than nothing", async () => {
    const { governed, actions } = setUp();
    governed.meter.state = { others: 0.3, worker: 0.1, fresh: 0.15 };
    await actions.forceCleanup(CLEANUP, [0]);
    expect(governed.acts[0]?.freedBytes).toBe(WORKER_BYTES - Math.round(0.15 * 8 * GIB));
  });

  test("is null where nothing was to be freed", async () => {
    const { governed, actions } = setUp();
    await actions.restore({ ...WHY, act: "restore" });
    await actions.tell({ ...WHY, act: "hold" });
    expect(governed.acts.map(({ freedBytes }) => freedBytes)).toEqual([null, null]);
  });

  test("and how long it took, without the measuring", async () => {
    const { governed, actions } = setUp();
    governed.meter.onMeasure = () => void (governed.clock.ms += 50);
    governed.workers.birth = async () => void (governed.clock.ms += 320);
    await actions.forceCleanup(CLEANUP, [0, 1]);
    expect(governed.acts[0]?.durationMs).toBe(640);
  });
});

describe("an action that fails", () => {
  test("is recorded with its message, and thrown on", async () => {
    const { governed, actions } = setUp();
    governed.workers.birth = async () => Promise.reject(new Error("no such file"));
    const verdict = { act: "recycle", slot: 1, why: "users", measured: 50, threshold: 50 } as const;
    const failed = actions.recycle(verdict, { fits: true, detail: "fits" });
    await expect(failed).rejects.toThrow(CombotError);
    const [told] = governed.acts;
    expect(told).toMatchObject({ action: "recycle", slot: 1, freedBytes: 0 });
    expect(told?.detail).toBe("the replacement did not come to serve: no such file");
  });

  test.each(["before", "after"])(
    "memory that can't be read %s it keeps it neither from being done nor from being told",
    async (when) => {
      const { governed, actions } = setUp();
      const readings = [when === "before", when === "after"];
      governed.meter.onMeasure = () => {
        governed.meter.failure = readings.shift() ? new Error("EACCES: smaps_rollup") : undefined;
      };
      await actions.unloadAll({ ...WHY, act: "unload all" });
      expect(governed.workers.serving).toBe(0);
      expect(governed.acts).toMatchObject([{ freedBytes: null, detail: "not measured: EACCES: smaps_rollup" }]);
    },
  );
});

describe("a force cleanup", () => {
  test("empties the cache, recycles one after the other in turn, then collects garbage", async () => {
    const { governed, actions } = setUp(3);
    let running = 0;
    let most = 0;
    governed.workers.birth = async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running -= 1;
    };
    await actions.forceCleanup(CLEANUP, [0, 1, 2]);
    const recycles = [0, 1, 2].map((slot) => `recycle ${slot}: memory, in turn`);
    expect(governed.orders).toEqual(["empty the cache", "purge Redis", ...recycles, "collect garbage"]);
    expect([most, governed.workers.fewest]).toEqual([1, 2]);
  });

  test("whose first replacement does not come to serve leaves the others alone", async () => {
    const { governed, actions } = setUp(2);
    governed.workers.birth = async () => Promise.reject(new Error("exit 3"));
    await actions.forceCleanup(CLEANUP, [0, 1]);
    expect(governed.orders).not.toContain("recycle 1: memory, in turn");
    expect(governed.workers.serving).toBe(1);
    expect(governed.acts[0]?.detail).toBe("slot 0: the replacement did not come to serve: exit 3");
  });
});

test("unloading everything refuses texts and empties the cache before the workers end", async () => {
  const { governed, actions } = setUp();
  await actions.unloadAll({ ...WHY, act: "unload all" });
  expect(governed.orders).toEqual([
    "refuse texts: memory is at emergency",
    "empty the cache for good",
    "unload every worker",
    "collect garbage",
  ]);
});

describe("idle workers", () => {
  test("are unloaded for the time they were quiet, told in seconds", async () => {
    const { governed, actions } = setUp();
    governed.workers.set(0, { quietMs: 301_500 });
    await actions.unloadQuiet([0], 300_000);
    expect(governed.orders).toEqual(["unload 0"]);
    expect(governed.acts).toMatchObject([{ action: "unload", reason: "idle", measured: 301.5, threshold: 300 }]);
  });

  test("stay where a text came while memory was measured", async () => {
    const { governed, actions } = setUp();
    governed.workers.set(0, { quietMs: 300_000 });
    governed.workers.set(1, { quietMs: 400_000 });
    governed.meter.onMeasure = () => governed.workers.set(1, { idle: false, quietMs: 0 });
    await actions.unloadQuiet([0, 1], 300_000);
    expect(governed.orders).toEqual(["unload 0"]);
    expect(governed.acts[0]?.detail).toBe("given a text meanwhile: slot 1");
  });
});

describe("recycling for service", () => {
  const due = { slot: 1, why: "uptime", measured: 14_500_000, threshold: 14_400_000 } as const;

  test.each([
    [true, "replacement first"],
    [false, "in turn"],
  ])("room for both: %s, so %s", async (fits, how) => {
    const { governed, actions } = setUp();
    expect(await actions.recycle({ act: "recycle", ...due }, { fits, detail: "1 MiB" })).toBe(200);
    expect(governed.orders).toEqual([`recycle 1: uptime, ${how}`]);
    expect(governed.acts).toMatchObject([
      {
        action: "recycle",
        reason: "uptime",
        measured: 14_500,
        threshold: 14_400,
        slot: 1,
        detail: `${how}: a worker needs 1 MiB`,
      },
    ]);
  });

  test("put off: told with the count it reached and when the next one may be", async () => {
    const { governed, actions } = setUp();
    await actions.putOff({ act: "put off", slot: 0, why: "users", measured: 61, threshold: 50, untilMs: 2500 }, 1000);
    expect(governed.acts).toMatchObject([{ action: "put off", reason: "users", measured: 61, threshold: 50, slot: 0 }]);
    expect(governed.acts[0]?.detail).toContain("in 1500 ms");
  });
});

test("every action leaves a decision that the API may show", async () => {
  const { governed, actions } = setUp();
  await actions.unload(WHY, [1]);
  await actions.forceCleanup(CLEANUP, [0]);
  await actions.unloadAll({ ...WHY, act: "unload all" });
  await actions.restore({ ...WHY, act: "restore" });
  await actions.tell({ ...WHY, act: "hold" });
  expect(governed.acts).toHaveLength(5);
  for (const told of governed.acts) expect(schema.parse(told)).toEqual(told);
});
