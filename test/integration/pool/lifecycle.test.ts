import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeForSystemd } from "../../../src/daemon/reports/unit-state.ts";
import { BEHIND_LOOP, mayRaise } from "../../../src/daemon/workers/priority.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import type { Core } from "../../support/core.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { threadPriorities } from "../../support/thread-priorities.ts";

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("unloading", () => {
  test("ends every process; the next text starts one and no more", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    expect(core.pool.load()).toEqual([0, 1]);
    await core.pool.whenReady();
    const pids = workerPids(core);
    expect(await core.pool.unload()).toEqual([0, 1]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(workerPids(core)).toEqual([]);
    await classify(core, ["alpha"]);
    expect(workerPids(core)).toHaveLength(1);
  });

  test("texts that come together start as many workers as they need, one in a turn of the event loop", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "3" });
    const answers = ["alpha", "beta", "gamma"].map((text) => classify(core, [text]));
    const seen = [0];
    while (workerPids(core).length < 3) {
      seen.push(workerPids(core).length);
      await turn();
    }
    seen.push(3);
    expect(Math.max(...seen.slice(1).map((count, at) => count - seen[at]!))).toBe(1);
    await Promise.all(answers);
  });

  test("waits for the batch in flight, which is answered", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 40 }));
    core.pool.load();
    await core.pool.whenReady();
    const answer = classify(core, ["alpha beta"]);
    await expect.poll(() => core.pool.slots.some((slot) => slot.current?.state === "busy"), { interval: 1 }).toBe(true);
    await core.pool.unload();
    await expect(answer).resolves.toMatchObject({ results: [{}] });
    expect((await core.metrics.recycles()).byReason.crash).toBe(0);
  });

  test("in the middle of a load ends the load; a text that comes then is answered by a new one", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    core.pool.load();
    const unloaded = core.pool.unload();
    const answer = classify(core, ["gamma"]);
    await unloaded;
    await expect(answer).resolves.toMatchObject({ results: [{}] });
  });
});

describe("whoever waits for a load that an unload ends", () => {
  test("is told of the unload, which is no fault of the model or the machine", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    core.pool.load();
    const waits = core.pool.whenReady();
    const [unloaded] = await Promise.allSettled([core.pool.unload(), waits]);
    expect(unloaded.status).toBe("fulfilled");
    await expect(waits).rejects.toMatchObject({ code: "MODEL_UNLOADED" });
    expect(core.pool.lastFailure).toBeUndefined();
  });

  test("is told where memory was wanted, and that the daemon stops", async () => {
    for (const [why, code] of [
      ["memory", "MODEL_UNAVAILABLE"],
      ["stopping", "SHUTTING_DOWN"],
    ] as const) {
      const core = await startCore(writeOddModel(temporaryFolder()));
      core.pool.load();
      const waits = core.pool.whenReady();
      await Promise.allSettled([core.pool.unload(undefined, why), waits]);
      await expect(waits).rejects.toMatchObject({ code });
    }
  });

  test("waits on where somebody loads it again meanwhile, until those workers serve", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    core.pool.load();
    const first = core.pool.whenReady();
    const unloaded = core.pool.unload();
    core.pool.load();
    await Promise.all([first, core.pool.whenReady(), unloaded]);
    expect(core.pool.serving).toBe(2);
    expect(core.pool.slots.map((slot) => slot.generation)).toEqual([2, 2]);
  });

  test("a load does not take a worker on its way out for one that serves", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 40 }), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const answer = classify(core, ["alpha beta"]);
    await expect.poll(() => core.pool.slots[0]?.current?.state, { interval: 1 }).toBe("busy");
    const unloaded = core.pool.unload();
    core.pool.load();
    await core.pool.whenReady();
    expect(core.pool.serving).toBe(1);
    await Promise.all([answer, unloaded]);
  });

  test("nor is a replacement that an unload ends called one that did not come to serve", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const recycled = core.pool.recycle(0, "manual");
    await expect.poll(() => workerPids(core).length).toBe(2);
    await Promise.allSettled([core.pool.unload(), recycled]);
    await expect(recycled).rejects.toMatchObject({ code: "MODEL_UNLOADED" });
  });

  test("nor is a model that was being switched to, in turn, called invalid", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const next = writeOddModel(temporaryFolder(), { slowRounds: 2 });
    const switched = core.models.use({ dir: next, inTurn: true });
    const { pool: old } = core;
    await expect
      .poll(() => core.models.current.pool !== old && core.models.current.pool.slots[0]?.current)
      .toBeTruthy();
    await Promise.allSettled([core.models.current.pool.unload(), switched]);
    await expect(switched).rejects.toMatchObject({ code: "MODEL_UNLOADED" });
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ results: [{}] });
  });
});

describe("PAINS 4: a hundred cold texts at once", () => {
  test("cause one load a worker", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()));
    const replies = await Promise.all(Array.from({ length: 100 }, () => classify(core, ["alpha"])));
    expect(replies).toHaveLength(100);
    expect(core.pool.slots.map((slot) => slot.generation)).toEqual([1, 1]);
  });
});

describe("recycling by hand", () => {
  test("the replacement serves before the old one drains, one at a time, and nothing is lost", async () => {
    const core = await startCore(writeOddModel(temporaryFolder(), { slowRounds: 2 }));
    core.pool.load();
    await core.pool.whenReady();
    const old = workerPids(core);
    let running = true;
    let leastServing = 2;
    const clients = Array.from({ length: 10 }, async () => {
      while (running) {
        await classify(core, ["alpha beta", "gamma"]);
        leastServing = Math.min(leastServing, core.pool.serving);
      }
    });
    await Promise.all([core.pool.recycle(0, "manual"), core.pool.recycle(1, "manual")]);
    running = false;
    await Promise.all(clients);
    expect(leastServing).toBe(2);
    expect(old.filter(isAlive)).toEqual([]);
    expect(core.pool.slots.map((slot) => slot.generation)).toEqual([2, 2]);
    expect((await core.metrics.recycles()).byReason.manual).toBe(2);
  });

  test.skipIf(!mayRaise() && !process.env["CI"])(
    "loads behind those that serve where a load takes long, and serves with all of its threads like any other",
    async () => {
      const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
      const usual = getPriority() + BEHIND_LOOP;
      core.pool.load();
      const [first] = workerPids(core);
      process.kill(first!, "SIGSTOP");
      await sleep(1100);
      process.kill(first!, "SIGCONT");
      await core.pool.whenReady();
      const recycled = core.pool.recycle(0, "manual");
      await expect.poll(() => workerPids(core).length, { interval: 1 }).toBe(2);
      const second = workerPids(core).find((pid) => pid !== first);
      // So that it does not come to serve meanwhile.
      process.kill(second!, "SIGSTOP");
      expect(threadPriorities(second!)).toEqual([usual + 1]);
      expect(threadPriorities(first!)).toEqual([usual]);
      process.kill(second!, "SIGCONT");
      await recycled;
      expect(threadPriorities(second!)).toEqual([usual]);
    },
  );

  test("where the old one dies meanwhile, its replacement takes its place and no third one is started", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const [old] = workerPids(core);
    const recycled = core.pool.recycle(0, "manual");
    await expect.poll(() => workerPids(core).length).toBe(2);
    process.kill(old!, "SIGKILL");
    await recycled;
    expect(core.pool.slots[0]?.generation).toBe(2);
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ results: [{}] });
  });

  test("a replacement that does not come up leaves the old one serving", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    const [old] = workerPids(core);
    breakCopy(core);
    await expect(core.pool.recycle(0, "manual")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(workerPids(core)).toEqual([old]);
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ results: [{}] });
  });
});

describe("a model that can't be loaded", () => {
  test(
    "is tried with growing waits; from the fifth on texts are refused with the reason, until it serves, by itself",
    { timeout: 60_000 },
    async () => {
      const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
      const mend = breakCopy(core);
      core.pool.load();
      await expect(core.pool.whenReady()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      const waiting = classify(core, ["alpha"]);
      await expect(waiting).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      expect(core.pool.held).toMatch(/^5 tries in a row brought no worker that serves/);
      const report = core.reports.health();
      expect(report.checks.model.status).toBe("unhealthy");
      expect(report.checks.model.detail).toMatch(/5 tries in a row .*; next try in \d+ s$/);
      // What changes every second is told with the next sign of life, and not at once: each takes a process.
      const { state, figures } = describeForSystemd(core.models.current, core.governor);
      expect(state).toMatch(/^0 workers \(5 tries in a row [^;]*\), model/);
      expect(figures).toMatch(/next try in \d+ s$/);
      expect(core.pool.slots[0]?.generation).toBe(5);
      await expect(classify(core, ["beta"])).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
      mend();
      // Nobody orders anything: the next try is due within 16 s.
      await expect.poll(() => core.pool.serving, { interval: 1, timeout: 30_000 }).toBe(1);
      await expect(classify(core, ["beta"])).resolves.toMatchObject({ results: [{}] });
      expect(core.pool.held).toBeUndefined();
    },
  );

  test("past the load deadline its worker is ended with the setting named", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1", MODEL_LOAD_TIMEOUT: "1" });
    core.pool.load();
    const [pid] = workerPids(core);
    process.kill(pid!, "SIGSTOP");
    await expect(core.pool.whenReady()).rejects.toMatchObject({ message: /MODEL_LOAD_TIMEOUT/ });
  });
});

/** Writes over the daemon's own copy of the model, and over the folder that it could be copied from again. @returns what puts them back. */
function breakCopy(core: Core): () => void {
  const { modelPath, dir, sealed } = core.models.current.model;
  const paths = [modelPath, join(dir, sealed.file)];
  const whole = readFileSync(modelPath);
  chmodSync(modelPath, 0o640);
  for (const path of paths) writeFileSync(path, "broken");
  return () => {
    for (const path of paths) writeFileSync(path, whole);
  };
}
