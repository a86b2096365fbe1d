import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function startDaemon(options: PrivateDaemonOptions = {}, folder?: string): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start(options, folder);
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

function runDaemon(env: Record<string, string>, socket?: string) {
  const home = temporaryFolder();
  return spawnSync(process.execPath, [LAUNCHER, "daemon", "--socket", socket ?? join(home, "run", "combot.sock")], {
    encoding: "utf8",
    timeout: 20_000,
    env: { PATH: process.env["PATH"], HOME: home, COMBOT_STATE_DIR: join(home, "state"), REDIS_URL: "off", ...env },
  });
}

/** A connection that has been used once and is kept. */
async function idleConnection(path: string): Promise<Socket> {
  const socket = createConnection(path);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write("GET /api/health/ HTTP/1.1\r\nHost: combot\r\n\r\n");
  await once(socket, "data");
  return socket;
}

describe("stopping", () => {
  test("SIGTERM with 20 idle and 5 busy connections: the busy are answered, exit 0, no worker and no socket left", async () => {
    const modelDir = writeOddModel(temporaryFolder(), { slowRounds: 500 });
    const daemon = await startDaemon({ env: { COMBOT_MODEL_DIR: modelDir, KEEPALIVE: "60" } });
    const { workers } = await daemon.json<{ workers: { pid: number }[] }>("GET", "/api/process/status/");
    const idle = await Promise.all(Array.from({ length: 20 }, () => idleConnection(daemon.socketPath)));
    const ended = idle.map((socket) => once(socket, "close"));
    // Each its own: equal texts in flight are computed once, and would keep one worker busy.
    const busy = Array.from({ length: 5 }, (_, index) =>
      callSocket({ ...classifyCall(`alpha ${index}`), socketPath: daemon.socketPath }),
    );
    const statesOf = async (): Promise<string[]> =>
      (await daemon.json<{ workers: { state: string }[] }>("GET", "/api/process/status/")).workers.map(
        ({ state }) => state,
      );
    await expect.poll(statesOf, { timeout: 5000 }).toEqual(["busy", "busy"]);
    process.kill(daemon.pid, "SIGTERM");
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await daemon.ended).toEqual({ code: 0, signal: null });
    await Promise.all(ended);
    expect(existsSync(daemon.socketPath)).toBe(false);
    for (const { pid } of workers) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("SIGKILL leaves no worker behind, and the next daemon binds over the stale sockets", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cd-"));
    const first = await startDaemon({}, folder);
    const { workers } = await first.json<{ workers: { pid: number }[] }>("GET", "/api/process/status/");
    process.kill(first.pid, "SIGKILL");
    await first.ended;
    expect(existsSync(first.socketPath)).toBe(true);
    for (const { pid } of workers) await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5000 }).toBe(false);
    const second = await startDaemon({}, folder);
    expect((await second.ask("GET", "/api/health/")).status).toBe(200);
  });
});

describe("starting", () => {
  test("a second instance is refused with exit 4, and told who holds the socket", async () => {
    const daemon = await startDaemon();
    const second = runDaemon({}, daemon.socketPath);
    expect(second.status).toBe(4);
    expect(second.stderr).toContain(String(daemon.pid));
    expect((await daemon.ask("GET", "/api/health/")).status).toBe(200);
  });

  test("bad settings: exit 2 and one line a fault, each naming the variable, the value and what is allowed", () => {
    const { status, stderr } = runDaemon({ WORKERS: "many", MEMORY_WARNING: "0.99", REDIS_PORT: "70000" });
    expect(status).toBe(2);
    for (const part of [/WORKERS=many/, /MEMORY_WARNING/, /REDIS_PORT=70000/]) expect(stderr).toMatch(part);
    expect(stderr).not.toMatch(/ at .*\.js:\d+/);
  });

  test("a model folder that can't be served: exit 2, the file and the fault named", () => {
    const dir = writeOddModel(temporaryFolder());
    writeFileSync(join(dir, "config.json"), "{");
    const { status, stderr } = runDaemon({ COMBOT_MODEL_DIR: dir });
    expect(status).toBe(2);
    expect(stderr).toContain("COMBOT_MODEL_DIR");
    expect(stderr).toContain("config.json");
  });

  test("runs with the flags that keep it small, under the process id it was started with", async () => {
    const daemon = await startDaemon();
    const { daemon: own } = await daemon.json<{ daemon: { pid: number } }>("GET", "/api/process/status/");
    expect(own.pid).toBe(daemon.pid);
    const commandLine = readFileSync(`/proc/${daemon.pid}/cmdline`, "latin1").replaceAll("\0", " ");
    expect(commandLine).toContain(
      "--max-semi-space-size=8 --heap-growing-percent=10 --no-allocation-site-pretenuring --v8-pool-size=1 --bytecode-old-age=1 --flush-baseline-code",
    );
    expect(commandLine).not.toContain("run.js");
  });

  test("without PRELOAD nothing is loaded until a text comes", async () => {
    const daemon = await startDaemon({ env: { PRELOAD: "false" } });
    const states = async (): Promise<string[]> =>
      (await daemon.json<{ workers: { state: string }[] }>("GET", "/api/process/status/")).workers.map(
        ({ state }) => state,
      );
    expect(await states()).toEqual(["stopped", "stopped"]);
    expect((await callSocket({ ...classifyCall("hello"), socketPath: daemon.socketPath })).status).toBe(200);
    expect((await states()).filter((state) => state === "ready")).toHaveLength(1);
  });
});

describe("what a text may do", () => {
  test("10,000 words are answered and marked as truncated; nothing of any text is logged", async () => {
    const daemon = await startDaemon({ env: { LOG_LEVEL: "trace" } });
    const secret = "xylophonist";
    const long = await callSocket({
      ...classifyCall(`where is my ${secret} order `.repeat(2000)),
      socketPath: daemon.socketPath,
    });
    expect(long.status).toBe(200);
    expect((JSON.parse(long.text) as { results: unknown[] }).results[0]).toMatchObject({ truncated: true });
    const bad = await callSocket({ ...classifyCall(`${secret}\0`), socketPath: daemon.socketPath });
    expect(bad.status).toBe(400);
    await daemon.stop();
    expect(daemon.log).toContain("batch");
    expect(daemon.log).not.toContain(secret);
  });
});

function classifyCall(text: string) {
  return { method: "POST", path: "/api/classify/", body: { text } };
}
