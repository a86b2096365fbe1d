import { beforeAll, describe, expect, test } from "vitest";
import type { CleanupRequest } from "../../../src/lib/protocol/cleanup.ts";
import { CLEANUP } from "../../support/sample-replies.ts";
import { finish, HAS_TERMINALS, requireBuild, runCli, startCliOnTerminal } from "./cli-process.ts";
import { type Asked, startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

function cleanup({ body }: Asked) {
  const { level = "force", dryRun = false } = body as CleanupRequest;
  return { status: 200, body: { ...CLEANUP, level, dryRun } };
}

describe("cleanup", () => {
  test("shows what was measured, and what came back", async () => {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    const { status, stdout, stderr } = await runCli(["cleanup", "--yes", "--socket", socket]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^MEMORY +PID +BEFORE +AFTER +FREED$/m);
    expect(stdout).toMatch(/Freed 46.0 MiB in 1.3s.\n$/);
    expect(calls.map(({ body }) => body)).toEqual([{ level: "force" }]);
  });

  test("passes on what it is told, and prints one document under --json", async () => {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    const args = ["cleanup", "--level", "emergency", "--redis", "--sessions", "-y", "--json", "--socket", socket];
    const { status, stdout } = await runCli(args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ...CLEANUP, level: "emergency" });
    expect(calls[0]?.body).toEqual({ level: "emergency", redis: true, sessions: true });
  });

  test("--dry-run asks what each level would do, and no question", async () => {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    const asText = await runCli(["cleanup", "--dry-run", "--socket", socket]);
    expect(asText).toMatchObject({ status: 0, stderr: "" });
    expect(asText.stdout).toContain("Nothing was done.");
    const plans = ["soft", "force", "emergency"].map((level) => ({ level, dryRun: true }));
    expect(calls.map(({ body }) => body)).toEqual(plans);
    const asJson = await runCli(["cleanup", "--dry-run", "--json", "--socket", socket]);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ plans });
  });

  test("soft asks no question", async () => {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    expect(await runCli(["cleanup", "--level", "soft", "--socket", socket])).toMatchObject({ status: 0, stderr: "" });
    expect(calls).toHaveLength(1);
  });

  test.each([
    [["--level", "force"], "pass --yes"],
    [["--level", "emergency"], "pass --yes"],
    [["--json"], "pass --yes with --json"],
    [["--level", "hard"], "--level"],
  ])("%j without a terminal ends with 2 and does nothing", async (args, told) => {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    const { status, stdout, stderr } = await runCli(["cleanup", ...args, "--socket", socket]);
    expect(status).toBe(2);
    expect(stdout + stderr).toContain(told);
    expect(calls).toEqual([]);
  });
});

describe.skipIf(!HAS_TERMINALS)("the question, on a terminal", () => {
  async function answer(text: string) {
    const { socket, calls } = await startFakeDaemon({ cleanup });
    const child = startCliOnTerminal(["cleanup", "--socket", socket]);
    const ended = finish(child);
    let isAnswered = false;
    child.stdout?.on("data", (chunk: Buffer) => {
      if (isAnswered || !chunk.includes("[y/N]")) return;
      isAnswered = true;
      child.stdin?.write(text);
    });
    const { status, stdout } = await ended;
    return { status, stdout, calls: calls.length };
  }

  test("yes does it", async () => {
    const { status, stdout, calls } = await answer("y\n");
    expect({ status, calls }).toEqual({ status: 0, calls: 1 });
    expect(stdout).toContain("Freed 46.0 MiB");
  });

  test.each(["n\n", "\n", "\u0004"])("%j is a no, and ends with 0", async (text) => {
    const { status, stdout, calls } = await answer(text);
    expect({ status, calls }).toEqual({ status: 0, calls: 0 });
    expect(stdout).toContain("Nothing was done.");
  });

  test("Ctrl-C ends it with 130", async () => {
    expect(await answer("\u0003")).toMatchObject({ status: 130, calls: 0 });
  });
});
