import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../../src/lib/client.ts";
import { processName } from "../../../src/lib/doctor/checks/machine.ts";
import { Probe } from "../../../src/lib/doctor/probe.ts";
import { MachineReader } from "../../../src/lib/monitor/machine.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { temporaryFolder } from "../../support/temporary.ts";

beforeAll(requireBuild);

/** What df says: percent, and kibibytes used. */
function df(path: string): { percent: number; used: number } {
  const line = execFileSync("df", ["--output=pcent,used", path], { encoding: "utf8" }).split("\n")[1] ?? "";
  const [percent = NaN, used = NaN] = line.replace("%", "").trim().split(/\s+/).map(Number);
  return { percent, used };
}

test("a disk is as full as df says it is, in the doctor and in the monitor", async () => {
  const { stdout } = await runCli(["doctor", "--json"]);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; found: string }[] };
  const [, path = "", used] = /free at (\S+), (\d+)% used/.exec(
    checks.find(({ name }) => name === "disk")?.found ?? "",
  )!;
  // Others write meanwhile.
  expect(Math.abs(Number(used) - df(path).percent)).toBeLessThanOrEqual(1);
  const { usedBytes, totalBytes } = new MachineReader(path).read(0).disk;
  expect(Math.abs((usedBytes / totalBytes) * 100 - df(path).percent)).toBeLessThanOrEqual(1.5);
});

describe("a process is called", () => {
  test.each([
    [
      "by the file that Node runs",
      "MainThread",
      "/usr/bin/node\0--no-warnings\0/srv/shop/server.js\0",
      "node server.js",
    ],
    [
      "by its program, where the kernel cut it",
      "tailwindcss-lan",
      "/opt/x/tailwindcss-language\0--stdio\0",
      "tailwindcss-language",
    ],
    [
      "by the title that it gave itself",
      "redis-server",
      "redis-server 127.0.0.1:6379\0",
      "redis-server 127.0.0.1:6379",
    ],
    ["by its program, where it has no words", "mariadbd", "/usr/sbin/mariadbd\0", "mariadbd"],
    ["as the kernel calls its threads", "kswapd0", "", "kswapd0"],
  ])("%s", (_, kernel, cmdline, name) => {
    expect(processName(kernel, cmdline)).toBe(name);
  });
});

test("what can't be read is not taken for what is not there", async () => {
  const folder = temporaryFolder();
  const sockets = { path: join(folder, "combot.sock"), controlPath: join(folder, "control.sock") };
  const probe = new Probe(new Client(sockets), sockets);
  expect(await probe.readIfThere(join(folder, "none"))).toBeUndefined();
  await expect(probe.readIfThere(folder)).rejects.toThrow(`${folder} can't be read: EISDIR`);
});
