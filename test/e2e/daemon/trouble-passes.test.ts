import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { TestContext } from "vitest";
import { writeFolder } from "../../../bench/model/folder.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import type { AlertsReply } from "../../../src/lib/protocol/alerts.ts";
import type { DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { ODD_LABELS, writeOddModel } from "../../support/odd-models.ts";
import { limitFiles, limitProcesses } from "../../support/process-limit.ts";
import { childrenOf } from "../../support/refused-processes.ts";
import { crashingModel } from "../../support/stand-ins.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { UNEVEN } from "../../support/trials.ts";
import { requireBuild } from "../cli/cli-process.ts";

// Between two tries there is up to a minute.
vi.setConfig({ testTimeout: 150_000 });
beforeAll(requireBuild);

const SLOW = { interval: 1, timeout: 90_000 };

async function startDaemon(
  { onTestFinished }: TestContext,
  { env, ...options }: PrivateDaemonOptions = {},
): Promise<PrivateDaemon> {
  const own = { DATABASE_URL: "off", WORKERS: "1", MODEL_IDLE_UNLOAD: "-1", ...env };
  const daemon = await PrivateDaemon.start({ ...options, env: own });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

/** Answered with 503 while it is unhealthy. */
async function healthOf(daemon: PrivateDaemon): Promise<Health> {
  return JSON.parse((await daemon.ask("GET", "/api/health/")).text) as Health;
}

async function statusOf(daemon: PrivateDaemon): Promise<string> {
  return (await healthOf(daemon)).status;
}

async function detailOf(daemon: PrivateDaemon): Promise<string> {
  return (await healthOf(daemon)).checks.model.detail;
}

async function firingOf(daemon: PrivateDaemon): Promise<string[]> {
  return (await daemon.json<AlertsReply>("GET", "/api/alerts/")).firing.map(({ alert }) => alert);
}

async function crashesOf(daemon: PrivateDaemon): Promise<number> {
  return (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).recycles.byReason.crash ?? 0;
}

/** Workers that did not come to serve, by what was at fault. */
async function notStartedOf(daemon: PrivateDaemon): Promise<Record<string, number>> {
  const { text } = await daemon.ask("GET", "/metrics");
  const lines = text.matchAll(/^combot_workers_not_started_total\{fault="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, fault, count]) => [fault!, Number(count)]));
}

async function classify(daemon: PrivateDaemon): Promise<number> {
  const body = { text: "alpha", noCache: true };
  return (await callSocket({ socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body })).status;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

async function workerOf(daemon: PrivateDaemon): Promise<number> {
  const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
  return workers[0]!.pid!;
}

// Each has a daemon of its own, and waits for it to try again for most of its time.
describe.concurrent("a machine that refuses processes", () => {
  test("is told with the next try and the alert, no model is blamed, and it serves again when that is over", async (context) => {
    const { expect, onTestFinished } = context;
    const dir = writeOddModel(temporaryFolder(onTestFinished));
    const daemon = await startDaemon(context, { env: { COMBOT_MODEL_DIR: dir } });
    const worker = await workerOf(daemon);
    const limit = limitProcesses(daemon.pid, onTestFinished);
    limit.refuse();
    // It is switched to nothing else, and neither the candidate nor the folder is said to be at fault.
    const other = writeOddModel(temporaryFolder(onTestFinished), { variant: 1 });
    const reply = await daemon.ask("PUT", "/api/model/", { dir: other });
    expect([reply.status, JSON.parse(reply.text)]).toMatchObject([
      503,
      { code: "NO_PROCESS", detail: expect.stringContaining("TasksMax=") as string },
    ]);
    expect(await statusOf(daemon)).toBe("ok");
    expect(await firingOf(daemon)).toEqual([]);

    kill(worker);
    await expect.poll(() => statusOf(daemon), SLOW).toBe("unhealthy");
    const told = /5 tries .*no more processes may be started.*\(EAGAIN\); it is the machine .*; next try in \d+ s$/;
    expect(await detailOf(daemon)).toMatch(told);
    await expect.poll(() => firingOf(daemon), SLOW).toContain("workers-held");
    expect(await classify(daemon)).toBe(503);
    expect(await notStartedOf(daemon)).toMatchObject({ model: 0, machine: 5, others: 0 });
    // One served and was killed; what never was is no crash.
    expect(await crashesOf(daemon)).toBe(1);

    limit.allow();
    await expect.poll(() => statusOf(daemon), SLOW).toBe("ok");
    await expect.poll(() => firingOf(daemon), SLOW).toEqual([]);
    expect(await classify(daemon)).toBe(200);
  });

  test("has no thread for the journal either, which is opened again when there is one", async (context) => {
    const { expect, onTestFinished } = context;
    const env = { COMBOT_MODEL_DIR: writeOddModel(temporaryFolder(onTestFinished)), DATABASE_URL: "" };
    const daemon = await startDaemon(context, { env });
    const journalOf = async (): Promise<string> => (await healthOf(daemon)).checks.database.status;
    await expect.poll(journalOf, SLOW).toBe("ok");
    // The journal's thread ends when it has nothing to do, on a slow machine before it is looked for.
    await expect.poll(() => threadsOf(daemon.pid), SLOW).not.toContain("journal");
    const limit = limitProcesses(daemon.pid, onTestFinished);
    limit.refuse();
    // A death is written down.
    kill(await workerOf(daemon));
    await expect.poll(journalOf, SLOW).toBe("degraded");
    limit.allow();
    await expect.poll(journalOf, SLOW).toBe("ok");
    await expect.poll(() => statusOf(daemon), SLOW).toBe("ok");
    const kept = async (): Promise<string[]> =>
      (await daemon.json<DecisionsReply>("GET", "/api/decisions/")).decisions.map(({ action }) => action);
    expect(await kept()).toEqual(["worker died"]);
  });

  test("or files, is outlived as well", async (context) => {
    const { expect, onTestFinished } = context;
    const daemon = await startDaemon(context, {
      env: { COMBOT_MODEL_DIR: writeOddModel(temporaryFolder(onTestFinished)) },
    });
    const worker = await workerOf(daemon);
    const limit = limitFiles(daemon.pid);
    limit.refuse();
    kill(worker);
    // Nobody can connect to ask.
    await expect.poll(() => daemon.log, SLOW).toMatch(/5 tries in a row .*no more files may be opened.*\(EMFILE\)/);
    limit.allow();
    await expect.poll(() => statusOf(daemon), SLOW).toBe("ok");
    expect(await classify(daemon)).toBe(200);
    expect(await notStartedOf(daemon)).toMatchObject({ model: 0, others: 0 });
    // Said once, not once a second.
    expect(daemon.log.match(/the memory governor failed in one step/g)).toHaveLength(1);
  });
});

describe("workers that are killed before they serve", () => {
  test("are never the model's fault, however many: it serves when nobody kills any more, prepared as ever", async (context) => {
    const dir = temporaryFolder();
    writeFolder(dir, UNEVEN, false, () => undefined);
    const daemon = await startDaemon(context, { env: { COMBOT_MODEL_DIR: dir } });
    expect((await healthOf(daemon)).model.weights.file).toBe("prepared");
    let killed = 0;
    while ((await notStartedOf(daemon))["others"]! < 8) {
      for (const pid of childrenOf(daemon.pid)) if (kill(pid)) killed += 1;
    }
    expect(killed).toBeGreaterThanOrEqual(8);
    await expect.poll(() => statusOf(daemon), SLOW).toBe("ok");
    expect((await healthOf(daemon)).model.weights).toMatchObject({ file: "prepared", reason: null });
    expect(await notStartedOf(daemon)).toMatchObject({ model: 0, machine: 0 });
    // The one that served, and none of the others.
    expect(await crashesOf(daemon)).toBe(1);
  });

  test("take no shared weights away where it was the trial of them", async (context) => {
    const dir = temporaryFolder();
    writeFolder(dir, UNEVEN, false, () => undefined);
    const daemon = await startDaemon(context, { env: { COMBOT_MODEL_DIR: dir }, untilAnswering: true });
    // The worker waits for its file; beside it is what tries the model.
    const besides = (): number[] => childrenOf(daemon.pid).slice(1);
    await expect.poll(besides, SLOW).not.toEqual([]);
    expect(besides().map(kill)).toContain(true);
    await expect.poll(() => statusOf(daemon), SLOW).toBe("ok");
    expect((await healthOf(daemon)).model.weights).toMatchObject({ file: "prepared", reason: null });
  });
});

test("candidates that are refused are no crashes, and fire no alert", async (context) => {
  const daemon = await startDaemon(context, { env: { COMBOT_MODEL_DIR: writeOddModel(temporaryFolder()) } });
  const dir = writeOddModel(temporaryFolder());
  writeFileSync(join(dir, "model.onnx"), crashingModel(ODD_LABELS.length));
  for (let tries = 0; tries < 4; tries++) {
    const { status, text } = await daemon.ask("PUT", "/api/model/", { dir });
    expect([status, JSON.parse(text)]).toMatchObject([422, { code: "MODEL_INVALID" }]);
  }
  // Each of them took a worker with it, and the alert counts three crashes.
  expect(await notStartedOf(daemon)).toEqual({ model: 4, machine: 0, others: 0 });
  expect(await crashesOf(daemon)).toBe(0);
  expect(await classify(daemon)).toBe(200);
});

/** The names of its threads; one that ends meanwhile has none. */
function threadsOf(pid: number): string[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).flatMap((task) => {
    try {
      return [readFileSync(join(tasks, task, "comm"), "utf8").trim()];
    } catch {
      return [];
    }
  });
}
