import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LOG_LEVELS } from "../../../src/lib/config/schema/daemon.ts";
import { MANIFEST, requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

interface Flag {
  readonly name: string;
  readonly type: string;
  readonly char?: string;
  readonly required?: boolean;
  readonly default?: string | number | boolean;
  readonly allowNo?: boolean;
  readonly options?: readonly string[];
  readonly exclusive?: readonly string[];
}

interface Command {
  readonly summary?: string;
  readonly examples?: readonly unknown[];
  readonly strict?: boolean;
  readonly args: Readonly<Record<string, object>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

function commands(): Readonly<Record<string, Command>> {
  return (JSON.parse(readFileSync(MANIFEST, "utf8")) as { commands: Record<string, Command> }).commands;
}

/** `--slot=…`, `--[no-]wait = true`, `--profile=t3.large|t3.xlarge|auto`. */
function flagLine({ name, type, allowNo, options, exclusive, ...flag }: Flag): string {
  const value = type === "boolean" ? "" : `=${options?.join("|") ?? "…"}`;
  const byDefault = flag.default === undefined ? "" : ` = ${String(flag.default)}`;
  const not = exclusive ? ` (not with ${exclusive.join(", ")})` : "";
  return `--${allowNo ? "[no-]" : ""}${name}${value}${byDefault}${flag.required ? " required" : ""}${not}`;
}

test("the command surface", () => {
  const surface = Object.entries(commands()).map(([id, { args, flags, strict }]) => ({
    command: id.replaceAll(":", " "),
    args: Object.keys(args).map((arg) => (strict === false ? `${arg}…` : arg)),
    flags: Object.values(flags).map(flagLine).toSorted(),
  }));
  // In the order of their names: that of the manifest is the file system's.
  expect(surface.toSorted((a, b) => (a.command < b.command ? -1 : 1))).toMatchSnapshot();
});

test("every command has a summary and an example, and every flag a description", () => {
  for (const [id, { summary, examples, flags }] of Object.entries(commands())) {
    expect(summary, id).toMatch(/\.$/);
    expect(examples?.length, id).toBeGreaterThan(0);
    for (const flag of Object.values(flags)) expect(flag, `${id} --${flag.name}`).toHaveProperty("description");
  }
});

test("the daemon's flag takes the log levels of the setting", () => {
  expect(commands()["daemon"]?.flags["log-level"]?.options).toEqual([...LOG_LEVELS]);
});

describe("help", () => {
  test.each([[["help"]], [["--help"]]])("%j lists the commands and the exit statuses", async (args) => {
    const { status, stdout, stderr } = await runCli(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("EXIT STATUS");
    expect(stdout).toContain("classify");
  });

  test.each([
    ["classify", "--help"],
    ["model", "load", "--help"],
    ["help", "status"],
    ["help", "model", "unload"],
  ])("%s %s %s shows examples", async (...args) => {
    const { status, stdout } = await runCli(args.filter((arg) => typeof arg === "string"));
    expect(status).toBe(0);
    expect(stdout).toContain("EXAMPLES");
  });

  test("--version names the package", async () => {
    expect((await runCli(["--version"])).stdout).toMatch(/^combot\/\d+\.\d+\.\d+ /);
  });
});

describe("an unknown command", () => {
  test.each([
    [["statsu"], "Did you mean combot status?"],
    [["model", "laod"], "Did you mean combot model load?"],
    [["recyle", "--slot", "1"], "Did you mean combot recycle?"],
  ])("%j is told of with what was meant and 2", async (args, told) => {
    const { status, stdout, stderr } = await runCli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(told);
  });

  test("that resembles none gets no suggestion", async () => {
    const { status, stderr } = await runCli(["frobnicate"]);
    expect(status).toBe(2);
    expect(stderr).not.toContain("Did you mean");
  });

  test("is a document under --json", async () => {
    const { status, stdout, stderr } = await runCli(["statsu", "--json"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "USAGE" } });
  });
});

describe("wrong usage", () => {
  test.each([
    ["status", "--nope"],
    ["status", "extra"],
    ["recycle", "--slot"],
    ["daemon", "--profile", "huge"],
    ["help", "frobnicate"],
  ])("%s %s ends with 2", async (...args) => {
    const { status, stdout, stderr } = await runCli(args.filter((arg) => typeof arg === "string"));
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/\[USAGE\]\n--help has examples\.\n$/);
  });

  test("is a document under --json", async () => {
    const { status, stdout, stderr } = await runCli(["status", "--nope", "--json"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(JSON.parse(stdout)).toMatchSnapshot();
  });
});

test("the shells' completion knows every command and its flags", () => {
  const bash = readFileSync(join(MANIFEST, "../dist/completions/combot.bash"), "utf8").split("\n");
  for (const [id, { flags }] of Object.entries(commands())) {
    const line = bash.find((one) => one.startsWith(`    '${id.replaceAll(":", " ")}') REPLY='--`)) ?? "";
    for (const { name } of Object.values(flags)) expect(` ${line}`, id).toContain(`--${name}`);
  }
});
