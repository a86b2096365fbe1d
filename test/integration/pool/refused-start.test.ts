import { describe, expect, test } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { WorkerEndedError, WorkerProcess } from "../../../src/daemon/workers/worker-process.ts";
import { classify, startCore, workerPids } from "../../support/core.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { killAtOnce, refuseProcesses } from "../../support/refused-processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { UNEVEN } from "../../support/trials.ts";

describe("a message to a worker that has just died", () => {
  test("is not what ended it: a kill from outside stays one", async () => {
    const worker = new WorkerProcess();
    killAtOnce(worker.pid);
    const asked = worker.run({ ids: Int32Array.of(1), types: Int32Array.of(0), lengths: Int32Array.of(1) });
    const error = await asked.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkerEndedError);
    // Nobody has read it: whatever it asks is innocent.
    expect(error).toMatchObject({ untouched: true, ending: { kind: "killed", signal: "SIGKILL" } });
  });

  test("that was to load takes no shared weights away, and the next one serves with them", async () => {
    const dir = temporaryFolder();
    writeFolder(dir, UNEVEN, false, () => undefined);
    const core = await startCore(dir, { WORKERS: "1" });
    core.pool.load();
    await core.pool.whenReady();
    await core.pool.unload();
    core.pool.load();
    const [pid] = workerPids(core);
    killAtOnce(pid!);
    await expect.poll(() => core.pool.serving, { interval: 1, timeout: 20_000 }).toBe(1);
    expect(workerPids(core)).not.toContain(pid);
    expect(core.reports.health().model.weights).toMatchObject({ file: "prepared", reason: null });
    expect((await core.metrics.recycles()).byReason.crash).toBe(0);
  });
});

test("a worker that does not come to load in time takes no shared weights away", async () => {
  const dir = temporaryFolder();
  writeFolder(dir, UNEVEN, false, () => undefined);
  const core = await startCore(dir, { WORKERS: "1", MODEL_LOAD_TIMEOUT: "3" });
  core.pool.load();
  await core.pool.whenReady();
  await core.pool.unload();
  core.pool.load();
  process.kill(workerPids(core)[0]!, "SIGSTOP");
  await expect(core.pool.whenReady()).rejects.toMatchObject({ message: /MODEL_LOAD_TIMEOUT/ });
  await expect.poll(() => core.pool.serving, { interval: 1, timeout: 20_000 }).toBe(1);
  expect(core.reports.health().model.weights).toMatchObject({ file: "prepared", reason: null });
});

test("a process whose program does not begin is ended, and told as one that the machine refused", async () => {
  const worker = new WorkerProcess();
  process.kill(worker.pid, "SIGSTOP");
  expect(await worker.ended).toMatchObject({ kind: "refused", signal: "SIGKILL" });
}, 60_000);

describe("a process that the system refuses with an exception", () => {
  test("is one that has ended, and is tried again until it starts", async () => {
    const core = await startCore(writeOddModel(temporaryFolder()), { WORKERS: "1" });
    const allow = refuseProcesses();
    core.pool.load();
    await expect(core.pool.whenReady()).rejects.toMatchObject({ code: "NO_PROCESS", message: /E2BIG/ });
    expect(core.pool.lastFailure).toMatch(/could not be started: .*E2BIG/);
    allow();
    await expect.poll(() => core.pool.serving, { interval: 1, timeout: 20_000 }).toBe(1);
    await expect(classify(core, ["alpha"])).resolves.toMatchObject({ results: [{}] });
    expect((await core.metrics.recycles()).byReason.crash).toBe(0);
  });
});
