import { execFileSync, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

/** What `npm ci` and the tests run: a fresh dist/, so that nothing of a file that has gone is left in it. */
function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });
}

/** What it says when all is well ("wrote manifest to …") is of no use to whoever installs. */
function writeManifest(): void {
  const { status, stdout, stderr } = spawnSync("node_modules/.bin/oclif", ["manifest"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`oclif manifest: ${stdout}${stderr}`);
}

rmSync("dist", { recursive: true, force: true });
rmSync("oclif.manifest.json", { force: true });
run("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"]);
run("node_modules/.bin/tsc", ["-p", "tsconfig.client.json"]);
run(process.execPath, ["scripts/openapi.ts"]);
run(process.execPath, ["scripts/bundle.ts"]);
run(process.execPath, ["scripts/runtime.ts"]);
writeManifest();
run(process.execPath, ["scripts/completions.ts"]);
run(process.execPath, ["scripts/man.ts"]);
