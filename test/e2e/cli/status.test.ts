import { chmodSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli, startCli, finish } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const ESCAPE = "\u001B[";

describe("status", () => {
  test("shows one screen", async () => {
    const { socket } = await startFakeDaemon();
    const { status, stdout, stderr } = await runCli(["status", "--socket", socket]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^combot 0.1.0 is ok/);
    // The daemon that is played is an old one.
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      `This command is ${VERSION} and the daemon still 0.1.0: deploy or restart`,
    );
    expect(stdout).toContain("PROCESS");
    expect(stdout).not.toContain(ESCAPE);
  });

  test("prints one document under --json", async () => {
    const { socket } = await startFakeDaemon();
    const { stdout } = await runCli(["status", "--json", "--socket", socket]);
    const report = JSON.parse(stdout) as { cliVersion: string };
    expect(report.cliVersion).toBe(VERSION);
    expect({ ...report, cliVersion: "of the package", systemd: "depends on the machine" }).toMatchSnapshot();
  });

  test("has colours where they are asked for, and none where NO_COLOR is set", async () => {
    const { socket } = await startFakeDaemon();
    const coloured = await runCli(["status", "--socket", socket], { env: { FORCE_COLOR: "1" } });
    const plain = await runCli(["status", "--socket", socket], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(coloured.stdout).toContain(ESCAPE);
    expect(plain.stdout).not.toContain(ESCAPE);
  });

  test("ends with 4 if the daemon is unhealthy, and shows it all the same", async () => {
    const body = { ...HEALTH, status: "unhealthy" };
    const { socket } = await startFakeDaemon({ health: () => ({ status: 503, body }) });
    const asText = await runCli(["status", "--socket", socket]);
    expect(asText).toMatchObject({ status: 4, stderr: "" });
    expect(asText.stdout).toContain("is unhealthy");
    const asJson = await runCli(["status", "--json", "--socket", socket]);
    expect(asJson.status).toBe(4);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ health: { status: "unhealthy" } });
  });

  test("shows what the user socket tells where there is no control socket", async () => {
    const { socket } = await startFakeDaemon();
    rmSync(join(dirname(socket), "control.sock"));
    const { status, stdout } = await runCli(["status", "--socket", socket]);
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      `workers Not shown, nor is memory. There is no control socket ${dirname(socket)}/control.sock.`,
    );
  });

  test("ends with 5 when no reply comes in time", async () => {
    const { socket } = await startFakeDaemon({ health: () => undefined });
    const { status, stderr } = await runCli(["status", "--timeout", "1", "--socket", socket]);
    expect(status).toBe(5);
    expect(stderr).toContain("within 1 s. [DEADLINE_EXCEEDED]");
  });

  test.each([
    ["not of the schema", () => ({ status: 200, body: { ...HEALTH, uptimeSeconds: "long" } }), "uptimeSeconds"],
    ["of an unknown status", () => ({ status: 204, body: {} }), "204"],
    ["of an unknown code", () => ({ status: 418, body: { code: "NEWER", detail: "later" } }), "NEWER: later"],
  ])("ends with 1 after a reply %s", async (_, health, told) => {
    const { socket } = await startFakeDaemon({ health });
    const { status, stderr } = await runCli(["status", "--socket", socket]);
    expect(status).toBe(1);
    expect(stderr).toContain(told);
    expect(stderr).toContain("[REPLY_INVALID]");
  });
});

describe("a daemon that can't be reached", () => {
  test("is waited for, then told of with its socket and 3", async () => {
    const socket = join(temporaryFolder(), "combot.sock");
    const [asText, asJson] = await Promise.all([
      runCli(["status", "--socket", socket]),
      runCli(["status", "--json", "--socket", socket]),
    ]);
    expect(asText).toMatchObject({ status: 3, stdout: "" });
    const told = asText.stderr.replaceAll(socket, "SOCKET").replace(/waiting \d+ s/, "waiting N s");
    expect(told).toMatchInlineSnapshot(`
      "No daemon on SOCKET yet, waiting N s for one. Start it: combot daemon
      Error: The daemon can't be reached: There is no user socket SOCKET. [DAEMON_UNREACHABLE]
      Start it: systemctl start combot-enhanced, or combot daemon.
      "
    `);
    expect(asJson).toMatchObject({ status: 3, stderr: "" });
    expect(JSON.parse(asJson.stdout.replace(socket, "SOCKET"))).toMatchSnapshot();
  });

  test.skipIf(process.getuid?.() === 0)("because of its mode is told of at once, with the group", async () => {
    const { socket } = await startFakeDaemon();
    chmodSync(socket, 0);
    const { status, stderr } = await runCli(["classify", "hello", "--socket", socket]);
    expect(status).toBe(3);
    expect(stderr).toContain("group combot");
    expect(stderr).not.toContain("Start it");
  });
});

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s", (signal, exit) => {
  test(`ends a command with ${exit}`, async () => {
    const { socket, calls } = await startFakeDaemon({ health: () => undefined });
    const child = startCli(["status", "--socket", socket], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = finish(child);
    await expect.poll(() => calls.length, { timeout: 10_000 }).toBe(1);
    child.kill(signal);
    expect(await ended).toEqual({ status: exit, signal: null, stdout: "", stderr: "" });
  });
});

test("a defect of the daemon is told of in two lines with 1", async () => {
  const { socket } = await startFakeDaemon({
    health: () => {
      throw new CombotError("INTERNAL", "it broke");
    },
  });
  const { status, stderr } = await runCli(["status", "--socket", socket]);
  expect(status).toBe(1);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
});
