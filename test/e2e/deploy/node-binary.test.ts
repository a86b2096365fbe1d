import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageFile } from "../../../src/lib/package-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const NODE = "node_modules/node/bin/node";
const LAUNCHER = packageFile("bin/run.js");

/** A folder with what the check of a build needs, and npm's Node in it. */
function project(): { readonly folder: string; readonly node: string } {
  const folder = temporaryFolder();
  for (const file of ["package.json", "node.sha256", "scripts/check-node.sh", NODE]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(packageFile(file), join(folder, file));
  }
  return { folder, node: join(folder, NODE) };
}

/** It runs as before: what stands behind the last section is not loaded. */
function tamper(node: string): void {
  appendFileSync(node, "one byte more");
}

function run(command: string, args: readonly string[], cwd?: string) {
  return spawnSync(command, args, { cwd, encoding: "utf8", timeout: 60_000 });
}

describe("a build", () => {
  test("takes npm's Node as node.sha256 has it", () => {
    const { folder } = project();
    expect(run("sh", ["scripts/check-node.sh"], folder)).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("is refused with another one before anything of it runs, the file and both sums named", () => {
    const { folder, node } = project();
    tamper(node);
    const { status, stderr, stdout } = run("npm", ["run", "build"], folder);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /node_modules\/node\/bin\/node is not the Node .* is [0-9a-f]{64} and should be [0-9a-f]{64}/,
    );
    expect(stdout).not.toContain("scripts/build.ts");
  });

  test.each([
    ["v20.20.2", /^Node v20\.20\.2 of this machine is older than combot needs \(v22\.13\.0\): .*\n$/],
    ["v22.13.0", /^$/],
    ["v24.0.0", /^$/],
  ])("in npm ci by a Node %s says in one line, if need be, which one is used", (version, said) => {
    const { folder } = project();
    const own = join(folder, "own-node");
    writeFileSync(own, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    const { status, stdout } = run(
      "env",
      [`npm_node_execpath=${own}`, "sh", "scripts/check-node.sh", "--told"],
      folder,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(said);
  });

  test("needs no npm's Node", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "scripts"));
    copyFileSync(packageFile("scripts/check-node.sh"), join(folder, "scripts", "check-node.sh"));
    expect(run("sh", ["scripts/check-node.sh"], folder).status).toBe(0);
  });
});

describe("a deploy", () => {
  test("run by another Node than node.sha256 has says so before anything is done", () => {
    const { node } = project();
    const before = run(node, [LAUNCHER, "deploy", "--dry-run"]);
    expect(before.stderr).not.toMatch(/SHA-256/);
    tamper(node);
    const { status, stderr } = run(node, [LAUNCHER, "deploy", "--dry-run"]);
    expect(status).toBe(4);
    expect(stderr).toContain(`node: ${node} has the SHA-256 `);
  });

  test("into a folder leaves no program of another Node there", () => {
    const { node } = project();
    tamper(node);
    const root = temporaryFolder();
    const { status, stderr } = run(node, [LAUNCHER, "deploy", "--yes", "--no-start", "--redis", "off", "--root", root]);
    expect(status).toBe(4);
    expect(stderr).toContain(`${node} has the SHA-256 `);
    const releases = join(root, "opt/combot/releases");
    expect(existsSync(releases) ? readdirSync(releases) : []).toEqual([]);
  });

  test("with a Node of the machine's own that others may write to is refused", () => {
    const node = join(temporaryFolder(), "node");
    copyFileSync(process.execPath, node);
    expect(run("chmod", ["757", node]).status).toBe(0);
    const { stderr } = run(node, [LAUNCHER, "deploy", "--dry-run"]);
    expect(stderr).toContain(`node: ${node} can be written to by others (mode 0757)`);
  });
});
