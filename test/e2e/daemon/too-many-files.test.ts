import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LAUNCHER } from "../../../scripts/support/private-daemon.ts";
import { listenOnPath } from "../../../src/daemon/sockets/listener.ts";
import { readState } from "../../../src/lib/deploy/files.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { temporaryFolder } from "../../support/temporary.ts";

interface Started {
  readonly files: number;
  /** Null where it came up, and was ended by the test. */
  readonly code: number | null;
  readonly stderr: string;
}

/** A daemon that may open so many files, until it listens or has ended. */
async function startWith(files: number): Promise<Started> {
  const folder = temporaryFolder();
  const command = 'ulimit -n "$1"; shift; exec "$@"';
  const daemon = [process.execPath, LAUNCHER, "daemon", "--socket", join(folder, "run", "combot.sock")];
  const child = spawn("sh", ["-c", command, "sh", String(files), ...daemon], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"], HOME: folder, COMBOT_STATE_DIR: join(folder, "state"), REDIS_URL: "off" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (text.includes('"msg":"listening"')) child.kill("SIGKILL");
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { files, code, stderr };
}

test(
  "a daemon for which the descriptors don't suffice says that, whatever it was doing",
  { timeout: 120_000 },
  async () => {
    const ended: Started[] = [];
    for (let files = 24; ; files++) {
      const started = await startWith(files);
      if (started.code === null) break;
      ended.push(started);
    }
    // At least where it reads the model, and where it makes its sockets.
    expect(ended.length).toBeGreaterThan(1);
    expect(ended.map(({ files, code }) => [files, code])).toEqual(ended.map(({ files }) => [files, 4]));
    for (const { stderr } of ended) {
      expect(stderr).toMatch(/^Error: Too many open files: .* \[TOO_MANY_FILES\]$/m);
      expect(stderr).toContain("ulimit -n");
    }
    expect(ended.map(({ stderr }) => /^Error: Too many open files: (.*)$/m.exec(stderr)?.[1])).toEqual(
      expect.arrayContaining([
        expect.stringContaining("the process that read it ended"),
        expect.stringContaining("bound"),
      ]),
    );
  },
);

describe("what the kernel refuses is told as what it is", () => {
  test("a socket in a folder that can't be made: not that a folder is unsafe", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const server = createServer();
    const refused = await listenOnPath(server, join(file, "run", "combot.sock")).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(CombotError);
    expect(refused).toMatchObject({
      code: "SOCKET_UNAVAILABLE",
      message: expect.stringContaining("ENOTDIR") as string,
    });
  });

  test("a managed file that can't be looked at is no missing one", () => {
    const name = "n".repeat(300); // longer than any name may be: ENAMETOOLONG
    expect(() => readState(join(temporaryFolder(), name))).toThrow("ENAMETOOLONG");
    expect(readState(join(temporaryFolder(), "missing"))).toBeNull();
  });
});
