import { beforeAll, describe, expect, test } from "vitest";
import { requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

describe("daemon", () => {
  test("a wrong setting ends it with 2 and a line for each fault", async () => {
    const { status, stdout, stderr } = await runCli(["daemon"], { env: { WORKERS: "none", KEEPALIVE: "soon" } });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("WORKERS=none");
    expect(stderr).toContain("KEEPALIVE=soon");
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain("ExperimentalWarning");
  });

  test("a flag is told of as a flag, and as a document under --json", async () => {
    const { status, stdout } = await runCli(["daemon", "--json", "--socket", `/${"long".repeat(40)}/combot.sock`]);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "CONFIG_INVALID", faults: [expect.stringContaining("--socket")] },
    });
  });

  test("sockets handed over by systemd keep it in its first process", async () => {
    const env = { WORKERS: "none", LISTEN_FDS: "1" };
    expect(await runCli(["daemon"], { env })).toMatchObject({ status: 2, stdout: "" });
  });
});
