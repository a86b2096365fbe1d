import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

describe("what can't be done is told", () => {
  test("nobody listens: 3", async () => {
    const socket = join(temporaryFolder(), "nobody.sock");
    const { status, stderr } = await runCli(["perf-test", "--socket", socket]);
    expect(status).toBe(3);
    expect(stderr).toContain("[DAEMON_UNREACHABLE]");
  });

  test.each([
    ["--rate", "0"],
    ["--stages", "30s"],
    ["--abort-on", "cleanup=1s"],
    ["--csv", "/nowhere/at/all"],
    ["--junit", "/nowhere/at/all"],
    ["--duration", "soon"],
    ["--target", "speed=1"],
    ["--url", "ftp://x"],
    ["--texts", "/nowhere/at/all"],
    ["--baseline", "/nowhere/at/all"],
    ["--save", "/nowhere/at/all"],
    ["--report", "/nowhere/at/all"],
  ])("%s %s: 2", async (...args) => {
    const { status, stderr, stdout } = await runCli(["perf-test", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(args[0]);
  });
});
