import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { HAS_TERMINALS, startCli } from "../cli/cli-process.ts";

interface Workers {
  readonly daemon: { readonly pid: number };
  readonly workers: readonly { readonly pid: number; readonly state: string }[];
}

/** A shell on a terminal of its own that starts `command` in the background, and waits. */
function onTerminal(folder: string, command: string) {
  const script = `${command} & echo $$ > ${folder}/shell; wait`;
  const child = spawn("script", ["--quiet", "--command", `sh -c '${script}'`, "/dev/null"], {
    cwd: folder,
    stdio: ["pipe", "ignore", "ignore"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      COMBOT_STATE_DIR: join(folder, "state"),
      COMBOT_SOCKET: join(folder, "run", "combot.sock"),
      REDIS_URL: "off",
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function status(folder: string): Promise<Workers | undefined> {
  const socketPath = join(folder, "run", "control.sock");
  const reply = await callSocket({ socketPath, path: "/api/process/status/" }).catch(() => undefined);
  return reply && (JSON.parse(reply.text) as Workers);
}

async function serving(folder: string): Promise<Workers> {
  const states = async (): Promise<(string | undefined)[]> =>
    ((await status(folder))?.workers ?? []).map(({ state }) => state);
  await expect.poll(states, { timeout: 20_000, interval: 20 }).toEqual(["ready", "ready"]);
  const found = (await status(folder))!;
  onTestFinished(() => {
    if (existsSync(`/proc/${found.daemon.pid}`)) process.kill(found.daemon.pid, "SIGKILL");
  });
  return found;
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describe.runIf(HAS_TERMINALS)("when the terminal goes", () => {
  test("a daemon under nohup goes on, and so do its workers", async () => {
    const folder = temporaryFolder();
    const terminal = onTerminal(folder, `nohup ${process.execPath} ${LAUNCHER} daemon`);
    const before = await serving(folder);
    const shell = Number(readFileSync(join(folder, "shell"), "utf8"));
    terminal.kill("SIGKILL");
    // The kernel ends the shell by the signal that it sends to all of its group.
    await expect.poll(() => isAlive(shell), { interval: 1, timeout: 5000 }).toBe(false);
    const log = (): string => readFileSync(join(folder, "nohup.out"), "utf8");
    await expect.poll(log, { interval: 1, timeout: 5000 }).toContain("SIGHUP");
    expect(log()).not.toContain("stopping");
    const after = await status(folder);
    expect([after?.daemon.pid, ...(after?.workers ?? []).map(({ pid }) => pid)]).toEqual([
      before.daemon.pid,
      ...before.workers.map(({ pid }) => pid),
    ]);
  });

  test("one that wrote to it ends in order, and nothing that it writes to what is gone keeps it", async () => {
    const folder = temporaryFolder();
    const terminal = onTerminal(folder, `${process.execPath} ${LAUNCHER} daemon --log-level trace`);
    const { daemon, workers } = await serving(folder);
    terminal.kill("SIGKILL");
    for (const pid of [daemon.pid, ...workers.map((worker) => worker.pid)])
      await expect.poll(() => isAlive(pid), { interval: 1, timeout: 20_000 }).toBe(false);
    expect(existsSync(join(folder, "run", "combot.sock"))).toBe(false);
  });
});

test("a command that writes to no terminal goes on after SIGHUP", async () => {
  const daemon = await PrivateDaemon.start();
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  const args = ["decisions", "--follow", "--socket", daemon.socketPath];
  const follower = startCli(args, { stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  follower.stdout?.setEncoding("utf8").on("data", (text: string) => (told += text));
  const decide = (): Promise<unknown> => daemon.ask("POST", "/api/cleanup/", { level: "soft" });
  const lines = (): number => told.split("\n").length;
  await expect.poll(async () => (await decide(), lines()), { timeout: 20_000, interval: 1 }).toBeGreaterThan(1);
  const before = lines();
  const ended = once(follower, "exit");
  follower.kill("SIGHUP");
  await decide();
  await expect.poll(lines, { timeout: 5000, interval: 1 }).toBeGreaterThan(before);
  follower.kill("SIGTERM");
  expect(await ended).toEqual([143, null]);
});
