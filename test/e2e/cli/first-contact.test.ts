import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { CombotError } from "../../../src/lib/errors.ts";
import { problemOf } from "../../../src/lib/protocol/problem.ts";
import { HEALTH } from "../../support/sample-replies.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { MANIFEST, requireBuild, runCli } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const COMMANDS = Object.keys((JSON.parse(readFileSync(MANIFEST, "utf8")) as { commands: object }).commands);

describe("combot alone", () => {
  test("says that nobody listens, and what starts a daemon", async () => {
    const socket = join(temporaryFolder(), "combot.sock");
    const { status, stdout, stderr } = await runCli([], { env: { COMBOT_SOCKET: socket } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [before = "", next = ""] = stdout.split("NEXT, ON THIS MACHINE\n");
    // It comes first, and all of it is seen at once.
    expect(before.trim().split("\n")).toHaveLength(1);
    expect(stdout.trimEnd().split("\n").length).toBeLessThan(24);
    expect(next).toContain(`No daemon: nobody listens on ${socket}.`);
    expect(next).toMatch(/^ {4}\$ (combot daemon|sudo systemctl start combot-enhanced\.service)$/m);
  });

  test("with a daemon says what it serves, what to ask it, and what is missing beside it", async () => {
    const redis = { status: "off", detail: "none found at localhost" };
    const health = { ...HEALTH, checks: { ...HEALTH.checks, redis } };
    const { socket } = await startFakeDaemon({ health: () => ({ status: 200, body: health }) });
    const { stdout } = await runCli([], { env: { COMBOT_SOCKET: socket } });
    const [, next = ""] = stdout.split("NEXT, ON THIS MACHINE\n");
    expect(next.replaceAll(/\s+/g, " ")).toContain("is ok and serves shop-intents. $ combot classify");
    expect(next).toContain("Redis: none found at localhost.");
  });

  test("with a daemon that is unhealthy says why, and not that it serves", async () => {
    const model = { status: "unhealthy", detail: "loading" };
    const health = { ...HEALTH, status: "unhealthy", checks: { ...HEALTH.checks, model } };
    const { socket } = await startFakeDaemon({ health: () => ({ status: 503, body: health }) });
    const { stdout } = await runCli([], { env: { COMBOT_SOCKET: socket } });
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("is unhealthy (model: loading). $ combot doctor");
  });

  test("help asked for by name has no state of the machine in it", async () => {
    expect((await runCli(["--help"])).stdout).not.toContain("NEXT");
  });
});

describe("what other programs are asked by", () => {
  test.each([["-v"], ["version"]])("%s names the version", async (word) => {
    const { status, stdout } = await runCli([word]);
    expect(status).toBe(0);
    expect(stdout).toBe((await runCli(["--version"])).stdout);
  });

  test.each([
    [["-h"], ["--help"]],
    [
      ["status", "-h"],
      ["status", "--help"],
    ],
    [
      ["model", "check", "-h"],
      ["model", "check", "--help"],
    ],
  ])("%j is %j", async (short, long) => {
    const [one, other] = await Promise.all([runCli(short), runCli(long)]);
    expect(one).toEqual(other);
    expect(one.status).toBe(0);
  });

  test("-h of logs is journalctl's", async () => {
    expect((await runCli(["logs", "-h"], { env: { PATH: "/nonexistent" } })).stderr).toContain(
      "journalctl can't be run",
    );
  });
});

describe("near misses", () => {
  test.each([
    [["modle"], "Did you mean combot model?"],
    [["help", "cleenup"], "Did you mean combot cleanup?"],
    [["status", "--sokcet", "x"], "There is no flag --sokcet. Did you mean --socket?"],
    [["recycle", "--no-wiat"], "There is no flag --no-wiat. Did you mean --no-wait?"],
    [["status", "-x"], "There is no flag -x. [USAGE]"],
    [["--verison"], "combot by itself has no flag --verison. Did you mean combot --version?"],
    [["-V"], "Did you mean combot -v?"],
    [["--socket", "x", "status"], "Flags come behind the command: combot COMMAND --socket."],
    [["docs", "monitor#bakc-in-time"], "Did you mean combot docs monitor#back-in-time?"],
    [["status", "status"], "combot status takes no arguments: status is too many."],
  ])("%j", async (args, told) => {
    const { status, stdout, stderr } = await runCli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(told);
  });
});

describe("progress without a terminal", () => {
  test("is a line a step, and none twice", async () => {
    const step = (name: string, done: number) =>
      `event: progress\ndata: ${JSON.stringify({ step: name, done, total: 4 })}\n\n`;
    const steps = [step("journal", 0), step("journal", 0), step("cache", 0), step("cache", 2), step("check", 0)];
    const failed = `event: failed\ndata: ${JSON.stringify(problemOf(new CombotError("INTERNAL", "it broke")))}\n\n`;
    const stream = (response: ServerResponse): void => void response.end([...steps, failed].join(""));
    const { socket } = await startFakeDaemon({ backup: () => ({ status: 200, body: null, stream }) });
    const { stderr } = await runCli(["backup", "--socket", socket]);
    expect(stderr.split("\n").slice(0, 4)).toEqual([
      "The journal …",
      "The cache …",
      "Checking …",
      "Error: A defect in combot: it broke [INTERNAL]",
    ]);
  });
});

test.each([
  [["classify", "--top-k", "x", "hi"], "--top-k takes an integer, not x."],
  [["recycle", "--slot", "-1"], "--slot takes an integer greater than or equal to 0, not -1."],
  [["daemon", "--profile", "huge"], "--profile takes one of t3.large, t3.xlarge, auto, not huge."],
  [["deploy", "--rollback", "--remove"], "--remove cannot also be provided when using --rollback"],
  [["model", "check"], "DIR is missing: The model's folder."],
])("%j is refused on one line", async (args, told) => {
  const { stderr } = await runCli(args);
  expect(stderr.split("\n")[0]).toBe(`Error: Wrong usage: ${told} [USAGE]`);
});

describe.each(COMMANDS)("the help of %s", (id) => {
  test("says nothing twice, and nothing of oclif's inside", async () => {
    const { stdout } = await runCli([...id.split(":"), "--help"]);
    const [first = "", ...rest] = stdout.split("\n");
    expect(rest.map((line) => line.trim())).not.toContain(first);
    expect(stdout).not.toMatch(/\[default: \]| \]|\w\.\.\. \[/);
  });
});
