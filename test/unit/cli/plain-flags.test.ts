import { describe, expect, test } from "vitest";
import { isPath } from "../../../src/lib/daemon-launch.ts";
import { readPlainFlags } from "../../../src/lib/cli/plain-flags.ts";

describe("what combot daemon is given", () => {
  test("paths and --json need no parser", () => {
    expect(readPlainFlags([], isPath)).toEqual({ flags: {}, json: false });
    expect(readPlainFlags(["--socket", "./a.sock", "--json", "--env-file", "/etc/combot/combot.env"], isPath)).toEqual({
      flags: { socket: "./a.sock", "env-file": "/etc/combot/combot.env" },
      json: true,
    });
  });

  test.each([
    [["--help"]],
    [["-h"]],
    [["--socket"]],
    [["--socket", ""]],
    [["--socket", "-"]],
    [["--socket", "--json"]],
    [["--socket=./a.sock"]],
    [["--socket", "a", "--socket", "b"]],
    [["--json", "--json"]],
    [["--log-level", "debug"]],
    [["--profile", "t3.large"]],
    [["--model", "./m", "more"]],
    [["--", "--json"]],
    [["--toString", "a"]],
    [["socket", "a"]],
  ])("the command is asked about %j", (args) => {
    expect(readPlainFlags(args, isPath)).toBeUndefined();
  });
});
