import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageFile } from "../../../src/lib/package-files.ts";
import { temporaryFolder } from "../../support/temporary.ts";

interface Lock {
  readonly packages: Record<string, { integrity?: string; version?: string; hasInstallScript?: boolean }>;
}

/** `npm run lock` on this project's lock, after `change`. */
function checkLock(change: (lock: Lock) => void) {
  const folder = temporaryFolder();
  const lock = JSON.parse(readFileSync(packageFile("package-lock.json"), "utf8")) as Lock;
  change(lock);
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  for (const name of ["node.sha256", "package.json"]) copyFileSync(packageFile(name), join(folder, name));
  return spawnSync(process.execPath, [packageFile("scripts/check-lock.ts")], { cwd: folder, encoding: "utf8" });
}

test("every package of the lock has a checksum", () => {
  expect(checkLock(() => undefined)).toMatchObject({ status: 0, stderr: "" });
});

test("one without is named", () => {
  const { status, stderr } = checkLock((lock) => delete lock.packages["node_modules/zod"]?.integrity);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^node_modules\/zod@[\d.]+: no integrity in package-lock\.json\n/);
});

test("one that npm 10 would let run its script, and that package.json doesn't allow, is named", () => {
  const { status, stderr } = checkLock(
    (lock) => (lock.packages["node_modules/onnxruntime-node"]!.hasInstallScript = true),
  );
  expect(status).toBe(1);
  expect(stderr).toContain("node_modules/onnxruntime-node: hasInstallScript in package-lock.json");
});

test("a Node that node.sha256 doesn't know is named", () => {
  const { status, stderr } = checkLock((lock) => (lock.packages["node_modules/node"]!.version = "99.0.0"));
  expect(status).toBe(1);
  expect(stderr).toContain("node_modules/node@99.0.0: node.sha256 has the checksums of ");
});
