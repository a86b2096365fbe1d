import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatEnvLine, parseEnvFile } from "../../../src/lib/config/env-file.ts";

function valuesOf(text: string): Record<string, string> {
  const { entries, faults } = parseEnvFile(text);
  expect(faults).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

describe("the settings file reads as systemd's EnvironmentFile=", () => {
  test.each([
    ["a bare value", "A=x y", "x y"],
    ["blanks around name and value", "  A =  x  ", "x"],
    ["nothing after the =", "A=", ""],
    ["an = in the value", "A=k=v", "k=v"],
    ["a # after the value, which is no comment", "A=1 # one", "1 # one"],
    ["single quotes, backslashes verbatim", "A='x\\n \"y\" '", 'x\\n "y" '],
    ["double quotes, only four escapes", 'A="\\"\\\\\\`\\$\\n"', '"\\`$\\n'],
    ["quoted parts that join on", "A='x'\"y\" z", "xyz"],
    ["a quote inside a bare value", "A=it's", "it's"],
    ["a quoted value over two lines", "A='x\ny'", "x\ny"],
    ["a continued bare line", "A=x \\\n  y", "x   y"],
    ["a continued quoted line", 'A="x\\\ny"', "xy"],
    ["an escaped blank at the end", "A=x\\ ", "x "],
    ["CRLF line ends", "A=x\r\nB=1\r\n", "x"],
    ["a line continued before CRLF", "A=x\\\r\ny\r\n", "xy"],
    ["a byte order mark", "\uFEFFA=x", "x"],
    ["a backslash as the last character", "A=x\\", "x"],
  ])("%s", (_, text, value) => {
    expect(valuesOf(text)["A"]).toBe(value);
  });

  test("comments and empty lines say nothing, not even a comment that ends in a backslash", () => {
    expect(valuesOf("# A=1\n\n  ; B=2 \\\nC=3\n")).toEqual({ C: "3" });
  });

  test("both lines of a name come, each with its own number, so that the later one can win", () => {
    const { entries } = parseEnvFile("A=1\nB='x\ny'\n\nA=2");
    expect(entries.map(({ name, line }) => `${name}:${line}`)).toEqual(["A:1", "B:2", "A:5"]);
  });
});

describe("what systemd would skip is a fault with its line", () => {
  test.each([
    ["A=1\nB\n", 2, "has no ="],
    ["A=1\n\nexport B=2", 3, "begins with export"],
    ["2A=1", 1, "variable name"],
    ["=1", 1, "variable name"],
    ["A='x\nB=1\n", 1, "never closed"],
    ['A=1\nB="x\\"', 2, "never closed"],
    ["A=x\0y", 1, "NUL"],
  ])("%j", (text, line, message) => {
    const { faults } = parseEnvFile(text);
    expect(faults).toEqual([{ line, message: expect.stringContaining(message) }]);
  });

  test("the lines after a fault are still read, and the fault does not quote what may be a secret", () => {
    const { entries, faults } = parseEnvFile("hunter2\nA=1");
    expect(entries).toEqual([{ name: "A", value: "1", line: 2 }]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });
});

describe("formatEnvLine", () => {
  const anyValue = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""));
  const shellValue = fc.string({ unit: fc.constantFrom(...Array.from("ab \"'\\`$#;\n!*~&|<>é")) });

  test("is read back by parseEnvFile, whatever the value", () => {
    fc.assert(
      fc.property(fc.array(anyValue), (values) => {
        const text = values.map((value, index) => formatEnvLine(`V${index}`, value)).join("\n");
        const expected = values.map((value, index) => ({ name: `V${index}`, value }));
        expect(parseEnvFile(text).entries).toMatchObject(expected);
      }),
    );
  });

  test("is read back by a POSIX shell", () => {
    const values = fc.sample(shellValue, { numRuns: 200, seed: 7 });
    const script = values.map((value) => `${formatEnvLine("V", value)}\nprintf '%s\\0' "$V"\n`).join("");
    const read = execFileSync("/bin/sh", { input: script, encoding: "utf8", env: {} });
    expect(read.split("\0").slice(0, -1)).toEqual(values);
  });
});
