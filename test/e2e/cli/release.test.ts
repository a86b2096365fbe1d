import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { packageFaults, type PackedFile } from "../../../scripts/release/package-faults.ts";
import { versionFaults, type VersionPlaces } from "../../../scripts/release/version-faults.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { VERSION } from "../../../src/lib/version.ts";
import { requireBuild } from "./cli-process.ts";

const CHANGELOG = `# Changelog

## 0.3.0

### Upgrading from 0.2.0

- Deploy.

### What is new

- This.

## 0.2.0

- That.
`;

const READY: VersionPlaces = {
  version: "0.3.0",
  dependencies: { zod: "^4.0.0" },
  devDependencies: { vitest: "^5.0.0" },
  lock: {
    version: "0.3.0",
    packages: { "": { version: "0.3.0", dependencies: { zod: "^4.0.0" }, devDependencies: { vitest: "^5.0.0" } } },
  },
  changelog: CHANGELOG,
  tags: ["v0.2.0", ""],
};

describe("versions", () => {
  test("all agree", () => expect(versionFaults(READY)).toEqual([]));

  test.each<[string, Partial<VersionPlaces>, RegExp]>([
    ["the lock is an older one", { lock: { ...READY.lock, version: "0.2.0" } }, /package-lock\.json has 0\.2\.0/],
    ["the lock has another dependency", { dependencies: { zod: "^4.1.0" } }, /other dependencies than/],
    ["a dependency is in package.json alone", { devDependencies: {} }, /other devDependencies than/],
    ["it is tagged", { tags: ["v0.3.0"] }, /tagged already/],
    ["the changelog is behind", { changelog: CHANGELOG.replace("## 0.3.0", "## 0.2.1") }, /begins with 0\.2\.1/],
    [
      "something is unreleased",
      { changelog: CHANGELOG.replace("## 0.3.0", "## Unreleased\n\n- New.\n\n## 0.3.0") },
      /1 entries under Unreleased/,
    ],
    [
      "nothing on upgrades",
      { changelog: CHANGELOG.replace("### Upgrading from 0.2.0", "") },
      /what to do at an upgrade/,
    ],
    ["no entry", { changelog: "## 0.3.0\n\n## 0.2.0\n" }, /no entry under 0\.3\.0/],
    ["no version", { version: "next" }, /is no version/],
  ])("%s", (_, change, fault) => {
    expect(versionFaults({ ...READY, ...change }).join("\n")).toMatch(fault);
  });
});

describe("the package that npm would publish", () => {
  let files: readonly PackedFile[];
  beforeAll(() => {
    requireBuild();
    const told = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: PACKAGE_FOLDER,
      encoding: "utf8",
    });
    [{ files }] = JSON.parse(told) as [{ files: PackedFile[] }];
  });

  test("holds what it must, and nothing else", () => {
    expect(packageFaults(files, PACKAGE_FOLDER, VERSION)).toEqual([]);
  });

  test.each<[string, (all: readonly PackedFile[]) => readonly PackedFile[], string]>([
    [
      "a launcher is missing",
      (all) => all.filter(({ path }) => path !== "bin/daemon.js"),
      "bin/daemon.js is not in the package",
    ],
    [
      "a command is missing",
      (all) => all.filter(({ path }) => path !== "dist/commands/report.js"),
      "dist/commands/report.js, a command",
    ],
    ["a source", (all) => [...all, { path: "package.json/../src/x.ts", size: 1, mode: 0o644 }], "has no business"],
    ["a key", (all) => [...all, { path: "bin/tls.key", size: 1, mode: 0o600 }], "bin/tls.key has no business"],
    [
      "a command whose source has gone",
      (all) => [...all, { path: "dist/commands/gone.js", size: 1, mode: 0o644 }],
      "dist/commands/gone.js has no source",
    ],
    [
      "a giant",
      (all) => [...all, { path: "models/x.onnx", size: 2 ** 30, mode: 0o644 }],
      "models/x.onnx has 1073741824 bytes",
    ],
    ["one that can't be run", (all) => all.map((one) => ({ ...one, mode: 0o644 })), "bin/run.js can't be run"],
  ])("%s", (_, change, fault) => {
    const told = packageFaults(change(files), PACKAGE_FOLDER, VERSION);
    expect(told.join("\n")).toContain(fault);
  });

  test("of another version", () => {
    expect(packageFaults(files, PACKAGE_FOLDER, "9.9.9").join("\n")).toContain("oclif.manifest.json is");
  });
});
