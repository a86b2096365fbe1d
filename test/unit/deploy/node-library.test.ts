import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { desiredState } from "../../../src/lib/deploy/desired.ts";
import { DEFAULT_WISHES } from "../../../src/lib/deploy/facts.ts";
import { findNodeLibrary } from "../../../src/lib/deploy/node-library.ts";
import { packageFile } from "../../../src/lib/package-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { DEBIAN, SECRETS } from "./machines.ts";

/** A real library of this machine, which a process loads under the name that distributions give to Node's. */
function libraryNamed(name: string): string {
  const own = /\s(\/.*\/libm\.so[.\d]*)$/m.exec(readFileSync("/proc/self/maps", "utf8"))?.[1] ?? "";
  const path = join(temporaryFolder(), name);
  copyFileSync(own, path);
  return path;
}

describe("a Node that is a stub", () => {
  test("its library is found where the process has it, and goes into the release", () => {
    const path = libraryNamed("libnode.so.137");
    const module = packageFile("src/lib/deploy/program-files.ts");
    const script = `import { describeProgram } from ${JSON.stringify(module)};
      const { files } = describeProgram(${JSON.stringify(packageFile("."))});
      console.log(JSON.stringify(files.filter(({ to }) => to.startsWith("lib/"))));`;
    const env = { ...process.env, LD_PRELOAD: path };
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], { env, encoding: "utf8" });
    expect(JSON.parse(said)).toEqual([expect.objectContaining({ from: path, to: "lib/libnode.so.137" })]);
  });

  test("has its library's file under the name that it asks for", () => {
    const stub = join(temporaryFolder(), "node");
    writeFileSync(stub, "\x7fELF\0libnode.so.137\0libc.so.6\0");
    const maps = "7f00-7f01 r--p 00000000 08:01 42   /usr/lib/libnode.so.137.1.2\n";
    expect(findNodeLibrary(stub, maps)).toEqual({ path: "/usr/lib/libnode.so.137.1.2", name: "libnode.so.137" });
  });

  test("finds it in the release by each unit", () => {
    const units = (nodeLibrary: string | null): string[] =>
      desiredState({ ...DEBIAN, nodeLibrary }, DEFAULT_WISHES, SECRETS)
        .files.filter(({ content }) => content.includes("LD_LIBRARY_PATH=/opt/combot/current/lib\n"))
        .map(({ path }) => path.split("/").at(-1) ?? "");
    expect(units("libnode.so.137")).toEqual([
      "combot-enhanced.service",
      "combot-backup.service",
      "combot-check.service",
    ]);
    expect(units(null)).toEqual([]);
  });
});

test("a Node of one piece has none", () => {
  expect(findNodeLibrary()).toBeNull();
});
