import { describe, expect, test } from "vitest";
import { classify, startCore, workerPids } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function startGoverned(env: Record<string, string> = {}, slowRounds = 0): Promise<Core> {
  const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds }), env);
  await core.governor.tick();
  core.governor.start();
  core.pool.load();
  await core.pool.whenReady();
  return core;
}

const recyclesOf = (core: Core) => core.decisions.list({}).filter(({ action }) => action === "recycle");

describe("recycling by users", () => {
  test(
    "100 distinct users, one after another, on two workers: exactly two recycles, each at a 50th user",
    { timeout: 60_000 },
    async () => {
      const core = await startGoverned();
      for (let user = 0; user < 100; user++) await classify(core, [`alpha beta ${user}`], `user ${user}`);
      await expect.poll(() => recyclesOf(core).length, { timeout: 20_000 }).toBe(2);
      for (const { reason, measured, threshold } of recyclesOf(core)) {
        expect({ reason, measured, threshold }).toEqual({ reason: "users", measured: 50, threshold: 50 });
      }
      expect(new Set(recyclesOf(core).map(({ slot }) => slot))).toEqual(new Set([0, 1]));
    },
  );

  test("a user who comes back counts once, and a call without a user not at all", async () => {
    const core = await startGoverned({ WORKERS: "1" });
    for (let turn = 0; turn < 60; turn++) await classify(core, ["alpha"], `user ${turn % 3}`);
    for (let turn = 0; turn < 60; turn++) await classify(core, ["beta"]);
    expect(core.pool.slots[0]?.current?.view()).toMatchObject({ users: 3, requests: 120 });
  });
});

describe("recycling under load", () => {
  test(
    "users, requests and uptime due at once on every worker: never fewer than one ready, no call fails",
    { timeout: 120_000 },
    async () => {
      const limits = {
        MAX_USERS_PER_PROCESS: "3",
        MAX_REQUESTS: "20",
        MAX_REQUESTS_JITTER: "0",
        PROCESS_RECYCLE_INTERVAL: "0.0001",
      };
      const core = await startGoverned(limits, 1);
      let running = true;
      let leastServing = 2;
      let answered = 0;
      const clients = Array.from({ length: 20 }, async (_, client) => {
        for (let call = 0; running; call++) {
          await classify(core, ["alpha beta", "gamma"], `user ${client}-${call}`);
          leastServing = Math.min(leastServing, core.pool.serving);
          answered++;
        }
      });
      // Between two of them lie ten loads' time, which is tens of seconds where others load meanwhile.
      await expect.poll(() => recyclesOf(core).length, { timeout: 100_000 }).toBeGreaterThanOrEqual(3);
      running = false;
      await Promise.all(clients);
      expect(leastServing).toBeGreaterThanOrEqual(1);
      expect(answered).toBeGreaterThan(100);
      expect(
        recyclesOf(core).every(({ detail }) => /^(replacement first|in turn): a worker needs/.test(detail ?? "")),
      ).toBe(true);
    },
  );

  test("what is put off for the sake of the tenth is told, once a worker", { timeout: 60_000 }, async () => {
    const core = await startGoverned({ MAX_USERS_PER_PROCESS: "2" }, 1);
    for (let user = 0; user < 30; user++) await classify(core, ["alpha"], `user ${user}`);
    await expect
      .poll(() => core.decisions.list({}).some(({ action }) => action === "put off"), { timeout: 20_000 })
      .toBe(true);
    const first = core.decisions.list({}).find(({ action }) => action === "put off");
    expect(first).toMatchObject({ reason: "users", threshold: 2, freedBytes: null });
    expect(first?.detail).toMatch(/a tenth of the time/);
  });
});

describe("unloading what is idle", () => {
  test("each worker by itself, from its last reply; the next text starts one again", { timeout: 30_000 }, async () => {
    const core = await startGoverned({ MODEL_IDLE_UNLOAD: "1" });
    const unloadsOf = () => core.decisions.list({}).filter(({ action }) => action === "unload");
    const slots = () => unloadsOf().length > 0 && workerPids(core).length === 0;
    await expect.poll(slots, { timeout: 10_000 }).toBe(true);
    const unloads = unloadsOf();
    expect(unloads[0]).toMatchObject({ reason: "idle", threshold: 1 });
    expect(unloads.reduce((sum, { freedBytes }) => sum + (freedBytes ?? 0), 0)).toBeGreaterThan(10 * 2 ** 20);
    await classify(core, ["alpha"]);
    expect(workerPids(core)).toHaveLength(1);
  });

  test(
    "PAINS 5: a request longer than the idle time completes; the time begins at its end",
    { timeout: 30_000 },
    async () => {
      const core = await startGoverned({ MODEL_IDLE_UNLOAD: "1", WORKERS: "1" }, 300);
      const [slow] = await Promise.all(Array.from({ length: 4 }, () => classify(core, ["alpha"])));
      expect(slow?.results).toHaveLength(1);
      expect(workerPids(core)).toHaveLength(1);
      expect((await core.metrics.recycles()).total).toBe(0);
    },
  );

  test("0: after every batch; the next one starts the worker again", async () => {
    const core = await startGoverned({ MODEL_IDLE_UNLOAD: "0", WORKERS: "1" });
    await classify(core, ["alpha"]);
    await expect.poll(() => workerPids(core).length).toBe(0);
    await expect(classify(core, ["beta"])).resolves.toMatchObject({ results: [{}] });
    expect(core.pool.slots[0]?.generation).toBe(2);
  });
});

describe("memory that runs short", () => {
  test("a limit that nothing fits in: the load is refused with the arithmetic, and not tried", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { MEMORY_LIMIT: "64M" });
    await core.governor.tick();
    expect(core.pool.load()).toEqual([]);
    await expect(classify(core, ["alpha"])).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: expect.stringMatching(/needs .* MiB; .* of 64.0 MiB are used/) as string,
    });
    expect(workerPids(core)).toEqual([]);
  });
});
