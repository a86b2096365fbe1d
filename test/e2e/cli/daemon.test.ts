import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/temporary.ts";
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

  test("it becomes the same process whether or not oclif has read its flags", async () => {
    const folder = temporaryFolder();
    const [told, settings] = [join(folder, "told.mjs"), join(folder, "combot.env")];
    writeFileSync(settings, "");
    writeFileSync(
      told,
      "process.execve = (file, args) => (console.log(JSON.stringify([file, args])), process.exit());",
    );
    const become = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await runCli(["daemon", ...args], { env: { NODE_OPTIONS: `--import=${told}` } });
      return JSON.parse(stdout) as unknown;
    };
    const plain = ["--socket", "./run/a.sock", "--state-dir", "/var/lib/a", "--model", "m", "--env-file", settings];
    // Of a form that is left to oclif.
    const parsed = plain.flatMap((word, at) => (at % 2 === 0 ? [`${word}=${plain[at + 1]}`] : []));
    expect(await become(...parsed)).toEqual(await become(...plain));
    expect(await become("--socket=a", "--json")).toEqual(await become("--json", "--socket", "a"));
  });
});
