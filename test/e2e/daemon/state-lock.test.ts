import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import type { PrivateDaemonOptions } from "../../../scripts/support/private-daemon.ts";
import { lockState } from "../../../src/daemon/wiring/state-lock.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const NEVER = (): never => {
  throw new Error("it was to be locked");
};

function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A daemon on this state folder, with sockets of its own. */
async function startOn(state: string, options: PrivateDaemonOptions = {}): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ ...options, env: { COMBOT_STATE_DIR: state, ...options.env } });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

/** One that is expected to end by itself. */
function runOn(state: string, wrapper: readonly string[] = []) {
  const home = temporaryFolder();
  const command = [...wrapper, process.execPath, LAUNCHER, "daemon", "--socket", join(home, "run", "combot.sock")];
  return spawnSync(command[0]!, command.slice(1), {
    encoding: "utf8",
    timeout: 30_000,
    env: { PATH: process.env["PATH"], HOME: home, COMBOT_STATE_DIR: state, REDIS_URL: "off" },
  });
}

test("a second daemon on the state folder ends with 4, says who holds it, and changes nothing there", async () => {
  const state = stateFolder();
  const first = await startOn(state);
  const others = (): string[] => readdirSync(state).filter((name) => name.startsWith("daemon."));
  expect(others().toSorted()).toEqual(["daemon.holder", "daemon.lock"]);
  const { status, stderr } = runOn(state);
  expect(status).toBe(4);
  expect(stderr).toContain(`${state} is the state folder of another combot`);
  expect(stderr).toContain(`pid ${first.pid}, socket ${first.socketPath}`);
  expect(stderr).toContain("--state-dir");
  expect(others().toSorted()).toEqual(["daemon.holder", "daemon.lock"]);
  expect((await first.ask("GET", "/api/health/")).status).toBe(200);
});

test("killed with SIGKILL it holds nothing any more, though its workers may still be there", async () => {
  const state = stateFolder();
  for (let round = 0; round < 3; round++) {
    const daemon = await startOn(state);
    process.kill(daemon.pid, "SIGKILL");
    await daemon.ended;
  }
  const last = await startOn(state);
  expect((await last.ask("GET", "/api/health/")).status).toBe(200);
});

test.skipIf(process.getuid?.() !== 0)(
  "in a container's namespaces of PIDs, networks and mounts it is found all the same (takes root)",
  async () => {
    const state = stateFolder();
    await startOn(state);
    const { status, stderr } = runOn(state, [
      "unshare",
      "--pid",
      "--net",
      "--mount",
      "--ipc",
      "--fork",
      "--mount-proc",
    ]);
    expect(stderr).toContain("is the state folder of another combot");
    expect(status).toBe(4);
  },
);

test("a daemon that starts while another stops waits for it", async () => {
  const state = stateFolder();
  const first = await startOn(state);
  process.kill(first.pid, "SIGSTOP");
  const starting = startOn(state);
  process.kill(first.pid, "SIGTERM");
  process.kill(first.pid, "SIGCONT");
  expect(await first.ended).toEqual({ code: 0, signal: null });
  expect((await (await starting).ask("GET", "/api/health/")).status).toBe(200);
});

test("of many that start at the same moment one gets it", async () => {
  const dir = stateFolder();
  const tries = Array.from({ length: 8 }, () => lockState({ dir, waitMs: 0, onUnlocked: NEVER }));
  const results = await Promise.allSettled(tries);
  const got = results.filter(({ status }) => status === "fulfilled");
  expect(got).toHaveLength(1);
  for (const result of got) if (result.status === "fulfilled") result.value?.release();
  (await lockState({ dir, waitMs: 0, onUnlocked: NEVER }))?.release();
});

test("a process that becomes another by exec holds nothing", async () => {
  const dir = stateFolder();
  const module = JSON.stringify(join(import.meta.dirname, "../../../src/daemon/wiring/state-lock.ts"));
  const program = `const { lockState } = await import(${module});
    await lockState({ dir: ${JSON.stringify(dir)}, onUnlocked: (reason) => { throw new Error(reason); } });
    process.execve("/bin/sh", ["sh", "-c", "echo became; read line"], process.env);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const chunk of child.stdout) if (String(chunk).includes("became")) break;
  (await lockState({ dir, waitMs: 0, onUnlocked: NEVER }))?.release();
  expect(child.exitCode).toBeNull();
});

test("a folder that can't be locked is told and used all the same", async () => {
  const dir = stateFolder();
  mkdirSync(join(dir, "daemon.lock"));
  const reasons: string[] = [];
  expect(await lockState({ dir, onUnlocked: (reason) => reasons.push(reason) })).toBeUndefined();
  expect(reasons).toHaveLength(1);
});
