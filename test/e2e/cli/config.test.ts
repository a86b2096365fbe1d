import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

function settingsFile(text: string): string {
  const path = join(temporaryFolder(), "combot.env");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe("config", () => {
  test("shows what the daemon runs with", async () => {
    const { socket } = await startFakeDaemon();
    const { status, stdout, stderr } = await runCli(["config", "--socket", socket]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^WORKERS +2 +profile: t3.large$/m);
    const { stdout: json } = await runCli(["config", "--json", "--socket", socket]);
    expect(JSON.parse(json)).toMatchSnapshot();
  });

  test("reads the settings itself where no daemon answers, and says so", async () => {
    const socket = join(temporaryFolder(), "combot.sock");
    const { status, stdout, stderr } = await runCli(["config", "--socket", socket], { env: { WORKERS: "3" } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^WORKERS +3 +environment$/m);
    expect(stderr).toContain("of a daemon started here");
  });

  test("reads a file rather than to ask the daemon", async () => {
    const { socket, calls } = await startFakeDaemon();
    const file = settingsFile("WORKERS=5\nREDIS_PASSWORD=hunter2\n");
    const { stdout } = await runCli(["config", "--json", "--env-file", file, "--socket", socket]);
    const { from, settings } = JSON.parse(stdout) as { from: string; settings: { name: string }[] };
    expect(from).toBe("here");
    expect(settings.find(({ name }) => name === "WORKERS")).toMatchObject({ value: "5", source: "file" });
    expect(stdout).not.toContain("hunter2");
    expect(calls).toEqual([]);
  });

  test("ends with 2 where a setting is wrong", async () => {
    const { status, stdout, stderr } = await runCli(["config", "--env-file", settingsFile("WORKERS=none\n")]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("WORKERS=none");
  });

  test("--check prints a fault a line and ends with 2", async () => {
    const file = settingsFile("WORKERS=none\nWORKRES=2\n");
    const { status, stdout } = await runCli(["config", "--check", file]);
    expect(status).toBe(2);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
    const json = await runCli(["config", "--check", file, "--json"]);
    expect(json.status).toBe(2);
    expect(JSON.parse(json.stdout)).toEqual({
      file,
      faults: [expect.stringContaining("WORKRES"), expect.stringContaining("WORKERS=none")],
      warnings: [],
    });
  });

  test("--check of a good file says so", async () => {
    const file = settingsFile("WORKERS=2\n");
    expect(await runCli(["config", "--check", file])).toMatchObject({ status: 0, stdout: `${file}: no faults\n` });
  });
});
