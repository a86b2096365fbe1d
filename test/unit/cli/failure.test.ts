import { afterEach, describe, expect, test, vi } from "vitest";
import { failureOf, writeFailure } from "../../../src/lib/cli/failure.ts";
import { nearestCommand } from "../../../src/lib/cli/near-command.ts";
import { parseUnitStates } from "../../../src/lib/cli/systemd-state.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { write } from "../../../src/lib/perf/baseline.ts";

function thrownBy(message: string, more: object): Error {
  return Object.assign(new Error(message), more);
}

describe("failureOf", () => {
  test("takes exit, title and help from the table", () => {
    const { exit, document } = failureOf(new CombotError("QUEUE_FULL", "1000 texts wait", { index: 2 }));
    expect(exit).toBe(4);
    expect(document).toMatchObject({
      code: "QUEUE_FULL",
      title: "The queue is full",
      detail: "1000 texts wait",
      index: 2,
    });
  });

  test("what oclif says of flags is usage, without its own hint and colours", () => {
    const thrown = thrownBy("Nonexistent flag: \u001B[2m--x\u001B[22m\nSee more help with --help", {
      oclif: { exit: 2 },
    });
    expect(failureOf(thrown)).toMatchObject({ exit: 2, document: { code: "USAGE", detail: "Nonexistent flag: --x" } });
  });

  test("a full disk is not a defect of ours", () => {
    expect(failureOf(thrownBy("ENOSPC: no space left on device, write", { code: "ENOSPC" }))).toMatchObject({
      exit: 2,
      document: { code: "FILE_REFUSED" },
    });
  });

  test.each([
    ["/dev/full", "FILE_REFUSED", "--save /dev/full: ENOSPC: no space left on device, write"],
    ["/proc", "USAGE", "--save /proc: that is a folder."],
    ["/nonexistent/file", "USAGE", "--save /nonexistent/file: there is no such file or folder."],
  ])("a file that a flag names, %s, is refused as what it is", (path, code, message) => {
    expect(() => write("--save", path, "x".repeat(100))).toThrow(expect.objectContaining({ code, message }));
  });

  test("a command that ended itself has said all there is to say", () => {
    expect(failureOf(thrownBy("EEXIT: 0", { code: "EEXIT", oclif: { exit: 0 } }))).toEqual({ exit: 0, document: null });
  });

  test.each([new TypeError("x is not a function"), thrownBy("broken", { oclif: { exit: 1 } }), "a string"])(
    "anything else is a defect: %s",
    (thrown) => {
      expect(failureOf(thrown)).toMatchObject({ exit: 1, document: { code: "INTERNAL" } });
    },
  );

  test("a socket that may not be opened gets other advice than one that nobody listens on", () => {
    const help = (code: string) =>
      failureOf(new CombotError("DAEMON_UNREACHABLE", "…", { cause: thrownBy("…", { code }) })).document?.help;
    expect(help("EACCES")).toContain("join the socket's group");
    expect(help("ECONNREFUSED")).toContain("Start it");
  });
});

describe("writeFailure", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  function written(failure: ReturnType<typeof failureOf>): string {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    writeFailure(failure);
    return write.mock.calls.join("");
  }

  test("shows the stack of a defect with DEBUG alone", () => {
    const defect = failureOf(new TypeError("x is not a function"));
    vi.stubEnv("DEBUG", "");
    expect(written(defect)).not.toContain("failure.test.ts");
    vi.stubEnv("DEBUG", "*");
    expect(written(defect)).toContain("failure.test.ts");
  });

  test("shows no stack of what a user can mend", () => {
    vi.stubEnv("DEBUG", "*");
    expect(written(failureOf(new CombotError("USAGE", "no")))).not.toContain("failure.test.ts");
  });
});

describe("nearestCommand", () => {
  const known = ["status", "classify", "model load", "model unload", "recycle"];

  test.each([
    ["statsu", "status"],
    ["clasify hello", "classify"],
    ["model laod", "model load"],
    ["modle unload", "model unload"],
    ["frobnicate", undefined],
    ["x", undefined],
  ])("%s means %s", (asked, meant) => {
    expect(nearestCommand(asked, known)).toBe(meant);
  });
});

describe("parseUnitStates", () => {
  test("reads what systemctl show prints, units that are not there apart", () => {
    const service = "Id=combot-enhanced.service\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\n";
    const redis = "Id=combot-redis.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n";
    expect(parseUnitStates(`${service}\n${redis}`)).toEqual([
      { unit: "combot-enhanced.service", active: "activating", sub: "auto-restart" },
    ]);
  });

  test("is nothing where there is none", () => {
    expect(parseUnitStates("LoadState=not-found\nActiveState=inactive\nSubState=dead\n")).toBeNull();
  });
});
